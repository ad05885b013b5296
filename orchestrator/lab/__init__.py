"""The lab file: YAML → a frozen, complete, checked model. Pure but for reading the file itself.

model        the frozen dataclasses
load         text → model; every error names file, line and the nearest valid word
addressing   addresses and gateways where the file leaves them open
graph        who is next to whom; shortest paths and their costs
"""
