"""Looking into a running lab.

running   which labs there are, found by labels alone
ask       a question to a node, over its socket, with a deadline
events    what the nodes wrote, merged by time
status    how each node and each LAN is
program   an unmodified program (dig, curl, traceroute) run inside a node, with a deadline
caches    every cache of a lab, emptied
capture   packets on the wire, by tcpdump inside the nodes; packets: pcap → UDP and TCP; messages: DNS, HTTP heads
trace     a fetch, watched; steps: its packets and events → numbered steps (pure)
"""
