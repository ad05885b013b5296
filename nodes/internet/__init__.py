"""The internet layer: routing protocols, a room each.

rip    RIP version 2
"""
