"""The application layer.

dns, http
stun, turn, ice, rtp
directory, phone
"""
