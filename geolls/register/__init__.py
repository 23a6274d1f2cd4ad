"""Schools and trusts, read without loss."""
