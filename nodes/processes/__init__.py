"""Processes of a node beside PID 1 that do a service's work: other implementations, and machines of the user's own.

What is to be run, an adapter says (nodes/implementations); here it is done, whatever the program.

daemon           a service by another program, from its start to its end
programs         programs that live together: started in order, listened to, ended
group            programs that several services of a node share
route_carrier    a routing program's table of the kernel's, carried over into the main one
route_teller     the routes of the node's other sources, told to a routing program that redistributes them
route_follower   what a routing program has learned: its changes as events, `show`, `route`
machine_program  the other end: a machine (nodes/machine.py) as a program of the user's own
machine_check    its methods: the contract's, whole and as they are called
action_check     its actions: each field is what its class says
node_log         the words of a program in its node's log
"""
