"""IPv4 itself (RFC 791), as far as it is read and written here: the kernel forwards.

header       the header of a packet
options      its options, of which the source routes are read whole
checksum     the Internet checksum and its update (RFC 1071, RFC 1624), for protocols above, too

The program `source-route` (nodes/programs) stands on it.

Deviations:
- A pointer that is within the route data and not at an address's first octet is refused; the kernel takes it.
- Record route, timestamp, security and all others are kept as they are, and not looked into.

Supported standards: RFC 791 section 3.1 (options), RFC 1071, RFC 1624, RFC 1122 section 3.2.1.8 (c), RFC 1812 sections
4.3.2.6 and 5.2.4.1.
"""
