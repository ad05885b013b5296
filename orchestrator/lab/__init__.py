"""The lab file: YAML → a frozen, complete, checked model. Pure but for reading files, in load, data and find.

model        the frozen dataclasses, and LabFileError
load         a file, or its text → the model; all mistakes at once, each with file, line and the nearest valid word
document     bytes → a tree of values that know their lines
reader       values out of that tree, or a problem; problems: all of them; values: those of a service's options
vocabulary   every word that a file may have, and its meaning; words: names, claims and hints
hosts, hosts_file    the machines with an engine, how they are written; a file with these alone
lans, nodes, options, impairments, checks, data    one part of the file each
kinds, verb_options    the words of checks, and of verbs
secrets      options without what is secret in them
named        which nodes and LANs a file names, without reading it whole
implementations  who does a service's work: catenet, a reference, a program of the user's
addressing   addresses and prefixes where the file leaves them open, and the rule for it
realms       what an address means at a node: behind translators there may be the same ones
gates        which translators and firewalls are between a node and the others; by what way a call goes
gateways     default gateways, resolvers, static routes
source_routes    the way that a packet names: nodes and addresses as words → addresses
graph        who is next to whom; shortest ways and their costs; imports: what goes from one protocol to another
expect       a check that a program asks for, in the words of the lab file
routing      the lab of a file, with another service in the place of the one that finds its routes
stacks       on whose stack each node is, and what keeps one from the userspace stack
overrides    the lab of a file, with another implementation at one place
schema       the JSON Schema of lab files, for editors
sample       the texts of a new lab's folder
find         which lab is meant, and which labs there are
"""
