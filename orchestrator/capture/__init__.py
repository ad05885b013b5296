"""Packets on the wire of a running lab, by tcpdump inside its nodes.

capturing  what several nodes, or all ends of LANs, saw between the begin and the end of a block
following  several captures as they go; merge: in order of time (pure); dissect: in the words of tcpdump
capture_points  where to capture, so that each packet is there once
tcpdump    one capture; tcpdump_inside: what runs beside it in the node, sent there as text
"""
