"""The transport layer, a room for each protocol, and what holds the layers below together.

udp     the User Datagram Protocol's header
stack   a node's Ethernet, ARP, IPv4, ICMP and UDP as one machine: the service `stack`

TCP is still to come; a segment for such a node is answered by ICMP's protocol unreachable.
"""
