"""A second routing protocol: every link costs ten, and whoever is nearer is believed before RIP."""
