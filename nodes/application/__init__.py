"""The application layer: dns and http."""
