"""A second routing protocol. Every link costs ten."""
