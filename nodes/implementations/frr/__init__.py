"""FRRouting 10: `implementation: frr`. A file is a service.

program    what its daemons share
"""
