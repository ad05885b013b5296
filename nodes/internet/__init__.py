"""The internet layer: routing protocols, and what else forwards packets, a room each.

bfd     bidirectional forwarding detection, on which OSPF can stand
icmp    Echo, and what else the network says of itself
ipv4    the header of a packet and its options
nat     translation of addresses and ports, filtering
ospf    OSPF version 2
rip     RIP version 2
"""
