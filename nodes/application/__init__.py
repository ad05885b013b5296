"""The application layer: dns, http and directory."""
