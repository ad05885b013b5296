"""Python's own http.server."""
