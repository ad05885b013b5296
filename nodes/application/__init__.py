"""The application layer: dns, http and rtp."""
