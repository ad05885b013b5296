"""The application layer.

dns, http, echo
stun, turn, ice, rtp
directory, phone
"""
