"""The use-cases. Knows neither HTTP nor terminal."""
