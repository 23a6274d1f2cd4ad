"""Everything that decides a number, each table once."""
