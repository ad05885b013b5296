"""Other implementations of our services: reference daemons, and the user's own programs. Pure: text and values only.

A lab file chooses one by `implementation:` on a service. One file here for each, an `Adapter`: it translates the
service's options and interfaces into the program's own configuration and command, and its table back into our fields.
Nothing else knows the program; processes/daemon.py runs any adapter, and catalogue.py names them.

adapter   the contract: `Adapter`, and what goes in (`Task`) and comes out (`Run`, `Learned`)
program   the user's own program, `implementation: ./path` (the contract for its author: labs/OWN-PROGRAMS.md)
said      what a program prints → events; hostile input
frr       FRRouting: zebra, mgmtd, ripd
bird      BIRD 2

Deviations from the daemons' own defaults, and why: BIRD's ECMP is off (one next hop a prefix, as RIP has it), and its
kernel routes are scanned each second, so that one that somebody deletes comes back soon.
"""
