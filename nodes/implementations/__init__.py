"""Other implementations of our services: reference daemons, and the user's own programs. Pure: text and values only.

A lab file chooses one by `implementation:` on a service. A folder is a program, a file in it a service that the program
can be: frr/rip.py is what `rip: {implementation: frr}` finds (nodes/catalogue lists them). The file's `DAEMON` makes of
the service's options and interfaces the program's own configuration and command; that of a routing program reads its
table, too. Nothing else knows the program; nodes/processes runs them all.

daemon          the contract: `Daemon` and `RoutingDaemon`, what goes in (`Task`) and what comes out (`Run`, `Group`)
program_output  what a program prints → events; hostile input
measuring       `cost: measured`, which programs of others do not know
redistribution  `redistribute`, for programs that know three of its words
frr/            FRRouting; program.py is what all its services share
bird/           BIRD 2
coturn/         coturn 4
own_program/    the user's own, `implementation: ./path` (the contract for its author: labs/OWN-PROGRAMS.md)

Deviations from the daemons' own defaults, and why: BIRD's ECMP is off (one next hop a prefix, as RIP has it), and its
kernel routes are scanned each second, so that one that somebody deletes comes back soon.
"""
