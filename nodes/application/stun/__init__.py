"""Session Traversal Utilities for NAT (STUN).

Files, in the order to read them:

    values.py       what attributes carry, in octets and as values
    attributes.py   the attributes by type: `USERNAME.of("alice")`
    integrity.py    keys, MESSAGE-INTEGRITY, FINGERPRINT
    message.py      `Message`: whole messages

Supported standards: RFC 8489.
"""
