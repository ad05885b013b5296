"""The internet layer: routing protocols."""
