"""Looking into a running lab.

running   which labs there are, found by labels alone
ask       a question to a node, over its socket, with a deadline
events    what the nodes wrote, merged by time
status    how each node and each LAN is
capture   packets on the wire, by tcpdump inside the nodes
trace     a fetch as numbered steps, each matched to a packet
"""
