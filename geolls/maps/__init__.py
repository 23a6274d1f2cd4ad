"""Recipe and facts to a `folium.Map`, and to print."""
