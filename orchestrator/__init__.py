"""Everything that runs outside the containers. An upper room may import a lower one, never the reverse.

cli                     one file a verb
deploy, faults, checks  carry a plan out; break and mend; claims that hold or fail
observe                 questions to nodes, events, captures, traces
plan                    pure: desired − actual = ordered steps
lab, backend            the model of a lab file, pure; the engine behind small Protocols, with a fake twin
"""
