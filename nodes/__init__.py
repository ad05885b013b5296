"""Everything that runs inside a container. The folders are the layers of the lecture.

services      composition roots, one short file for each service name of a lab file
application   dns, http
internet      rip
machine       the contract between a protocol and the world; address: IPv4 addresses and prefixes
control       the only door to the orchestrator; catalogue: the services and their options
runtime       the only room with sockets, clocks, randomness and netlink
"""
