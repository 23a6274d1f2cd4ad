"""A boundary system, read, dated, found and checked."""
