"""The application layer: dns, http and stun."""
