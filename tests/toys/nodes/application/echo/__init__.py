"""Echo (RFC 862): whatever comes by UDP goes back. A host that comes for the first time is greeted."""
