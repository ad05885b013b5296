"""Everything that runs inside a container. The folders are the layers of the lecture.

services         composition roots, one short file for each service name of a lab file
probes           what a node can be asked to find out by packets of its own, a file for each kind
programs         what a user runs in a node: browse, show
processes        a service's work done by another program; a machine as a program of the user's own
runtime          the only room by which a node's daemon has sockets, clocks, randomness and netlink
catalogue        the services and their options
implementations  FRR, BIRD and the user's programs: what is to be run, and what their words mean
application      dns, http
transport        udp, and the stack that a node may have of ours
internet         ipv4, icmp, rip, ospf, bfd, nat
link             ethernet, arp, impairment
keys             the keys of routing protocols, and their digests
control          the only door to the orchestrator
machine          the contract between a protocol and the world
actions          what a machine wants done
stream           a protocol on a byte stream
units            what the contract speaks of: packets of each kind, interfaces, ports, next hops
address          IPv4 addresses and prefixes
once, timers     what is told once for each reason; deadlines by key; token_bucket: so many a second
"""
