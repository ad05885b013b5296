"""The link layer, a room for each protocol.

arp         address resolution
ethernet    hardware addresses and types of frames, for all others
impairment  what a bad LAN does to each frame: no protocol, but a model of the wire
"""
