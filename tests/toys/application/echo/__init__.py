"""Echo (RFC 862), with one of everything that a service may have: the folder that a new service is made of."""
