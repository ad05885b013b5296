"""A name server of somebody else's: shaped like BIND, which routes nothing."""
