"""The link layer, a room for each protocol.

arp    address resolution
"""
