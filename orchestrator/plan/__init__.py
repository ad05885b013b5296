"""Pure: a lab and what the engine already has → the steps that are missing.

desired   the networks and containers that a lab needs, whole
partition, bisection   a hypergraph in parts, with few edges that span several
wiring    what its LANs are made of: a network of the engine each, or segments over one
naming    what the engine calls the things of a copy, their labels, and by which hash a change is seen
placing   which node runs on which host, where there are several; plan_error: what cannot be planned
sysctls   the settings of a node's kernel
steps     desired − actual = steps, each with what it must wait for; its rules stand at its top
authority  who certifies the lab's services that speak TLS
compose   a lab as a file for docker compose: what `up` would make
"""
