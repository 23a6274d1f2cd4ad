"""Pages: a map, a chart and a table for every place and trust."""
