"""FRRouting 10: `implementation: frr`. What its daemons share is in program.py; each other file is a service."""
