"""A packet, ARP, a fetch, a call, a route, an advertisement or a source route of a running lab, step by step.

fetch     a fetch by a node's browser, watched: on the wire, and in what the daemons tell of it
steps     its packets and events → numbered steps (pure)
call      a call between two telephones, watched; call_steps: its packets and what was told → numbered steps (pure)
lsa       an advertisement that is flooded, watched; lsa_steps: its packets and what was told → what became of it (pure)
flood     that, as values; lsa_rule: the same, held against what RFC 2328 section 13.3 promises (both pure)
route     where packets to a prefix go from a node, hop by hop, asked of the nodes; who taught each its route, and when
source_route    packets that name the routers on their way, hop by hop
packet    a packet on each LAN that it crosses, watched; packet_steps: its frames → steps, and what each changed (pure)
fragments  the pieces of one datagram on one LAN
packet_rule     the same, held against what a router may do to a packet (pure)
arp       what is asked by ARP on the way of a packet; arp_steps: questions, answers, and who then knows whom (pure)
sending   how the packet is sent; ways: over which LANs it may go; neighbours: what nodes have in their ARP caches
known_path    the shortest way in a database (pure)
"""
