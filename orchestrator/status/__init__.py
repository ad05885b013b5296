"""How a running lab is, as its nodes answer now.

state      each node and each LAN: what it says itself or, where it cannot, what the engine says
converged  whether routing has converged
"""
