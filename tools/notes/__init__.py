"""Pages of ``architecture-notes/`` that are made from the code, so that they cannot be wrong."""
