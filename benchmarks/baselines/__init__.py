"""What a competent user of geopandas and folium writes today, for the same answers."""
