"""The link layer: address resolution."""
