"""Benchmarks: each goal against what a competent geopandas and folium user writes today."""
