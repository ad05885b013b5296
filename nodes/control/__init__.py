"""The only door between a node and the orchestrator. Pure: bytes and values, no sockets.

config       the one door in: CATENET_NODE, a node's whole configuration, as JSON
events       the one door out: one line an event on PID 1's standard output
questions    what can be asked over the Unix socket inside the node
answers      what is answered, as values: status, links, tables; origin: where a route comes from
calls        how a telephone answers what its call is like
probes       what a packet meets on its way; datagrams: what becomes of numbered ones
pings        who answers a ping, which way it goes; lookups: what a name is
fields       how an answer is read
route_events  how a service tells that a route came, changed or went
service      the declaration of a service; needs: what it needs of its lab, and is told of it
implementation  who does a service's work, as a lab file says it
certificate  which certificate a service shows, and how it is told of it
flooding     what a capture shows of a protocol that floods; how a router says something anew
topology     what a routing protocol should find in a lab
link         what one end of a LAN is like; impairment: what packets suffer there; segment: a LAN that its nodes make
hardware     a hardware address as people write it
units        durations, shares, rates as the user writes them
view         how an answer looks as text; printable: others' text for a terminal
strict_json  JSON that others wrote, none of it NaN or infinite
"""
