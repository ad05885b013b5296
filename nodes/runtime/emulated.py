"""What a node and its emulator of impairments agree upon: how frames are known that are sent on; what is counted."""

from __future__ import annotations

import struct

__all__ = ["COUNTED", "RECORD", "SENT_ON"]

COUNTED = ("packets", "lost", "overflowed", "copied", "flawed", "overtook", "overrun")
"""What is counted of each LAN, in this order: the names are a Channel's, but for the last one: what came faster
than it was read, or found too many under way."""
RECORD = struct.Struct(f"={len(COUNTED)}Q")
SENT_ON = 0x88B5
"""The type by which the kernel knows a frame that is sent on (IEEE 802's first one for experiments), whatever type the
frame itself says."""
