"""Asking and following the nodes of a running lab.

running   which labs there are, found by labels alone
hosts     those of a copy that is on several, and which do not answer
meant_engine    which engine is meant: of the hosts that are named, else Docker's own
ask       a question to a node, over its socket, with a deadline
known_network    the network as a router's link-state database has it
events    what the nodes wrote, merged by time
program   an unmodified program (dig, curl, traceroute) run inside a node, with a deadline
reach     what a node reaches, by which way, and what a name is there, on either stack
tools     what ping, traceroute and dig print
calls     calls between telephones: placed, watched, and what was said and heard in them
caches    every cache of a lab, emptied
pings     a ping beside other things: which replies came, and when
outage    a LAN is cut and healed while a ping runs over it: what happened when
"""
