"""Writing a new store that runs: ``python -m tools.new_store NAME``."""
