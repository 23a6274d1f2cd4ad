"""Official data, brought in whole."""
