"""Break and mend: cut and heal a LAN; kill, pause, resume and start a node."""
