"""The link layer, a room for each protocol.

arp         address resolution
impairment  what a bad LAN does to each frame: no protocol, but a model of the wire
"""
