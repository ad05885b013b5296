"""Looking into a running lab.

running   which labs there are, found by labels alone
ask       a question to a node, over its socket, with a deadline
events    what the nodes wrote, merged by time
status    how each node and each LAN is
converged whether routing has converged, asked of the nodes
program   an unmodified program (dig, curl, traceroute) run inside a node, with a deadline
caches    every cache of a lab, emptied
capture   packets on the wire, by tcpdump inside the nodes; packets: pcap → UDP and TCP; messages: DNS, HTTP heads
tcpdump   one of them; tcpdump_inside: what runs beside it in the node; places: where, so that each packet is there once
following several, as they go; merge: in order of time (pure); dissect: in the words of tcpdump
pings     a ping beside other things: which replies came, and when
outage    a LAN is cut and healed while a ping runs over it: what happened when
picture   the picture of a lab as it is now
evidence  what is kept of a failure, while the lab is still there
trace     a fetch, watched; steps: its packets and events → numbered steps (pure)
"""
