"""Everything that runs outside the containers. An upper room may import a lower one, never the reverse.

cli, harness                 one file a verb of the command line; the pytest plugin
timeline                     plays: what is done to a lab when, and measured
deploy, operations           carry a plan out; run checks, break and mend
evidence, pictures, trace    what is kept of a failure; a lab drawn; a fetch or a route, step by step
capture, status              packets on the wire; how nodes, LANs and routing are
wire                         captured packets, and the DNS and HTTP messages in them
observe                      questions to nodes, and their events
plan                         pure: desired − actual = ordered steps
lab, backend                 the model of a lab file, pure; the engine behind small Protocols, with a fake twin
checks, faults               claims that hold or fail; verbs that break and mend: they know neither engine nor lab file
listing                      what lies in a folder of kinds
engine_url                   whether two ways to write an engine mean one
likeness                     how like what was heard is to what was said
"""
