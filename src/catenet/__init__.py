"""Catenet: an Internet in containers, whose routers, name servers and browsers you can read."""

__version__ = "0.1.0"
