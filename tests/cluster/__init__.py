"""Several registries over one PostgreSQL, and what may happen to them."""
