"""OSPF version 2: routes by link state (RFC 2328). A machine: no sockets, no clock; bytes and time in, actions out.

service.py   the declaration
config.py    `OspfOptions`, what a lab file may say
expected.py    which routes a lab's routers should find
"""
