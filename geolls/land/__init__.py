"""Blocks, polygons, and which block a point lies in."""
