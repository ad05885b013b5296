"""The lab file: YAML → a frozen, complete, checked model. Pure but for reading files, in load, data and find.

model        the frozen dataclasses, and LabFileError
load         a file, or its text → the model; all mistakes at once, each with file, line and the nearest valid word
document     bytes → a tree of values that know their lines
reader       values out of that tree, or a problem; problems collects them; words has names, claims and hints
lans, nodes, options, checks, data    one part of the file each
addressing   addresses and prefixes where the file leaves them open, and the rule for it
gateways     default gateways, resolvers, static routes
graph        who is next to whom; shortest ways and their costs
find         which lab is meant, and which labs there are
"""
