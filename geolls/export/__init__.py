"""Tables out, in files that other tools open."""
