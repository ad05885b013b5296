"""The application layer: dns, http, stun and turn."""
