"""A fetch, a call, a route or an advertisement of a running lab, step by step.

fetch     a fetch by a node's browser, watched: on the wire, and in what the daemons tell of it
steps     its packets and events → numbered steps (pure)
call      a call between two telephones, watched; call_steps: its packets and what was told → numbered steps (pure)
lsa       an advertisement that is flooded, watched; lsa_steps: its packets and what was told → `flood`, what became of
          it; lsa_rule: that, held against what RFC 2328 section 13.3 promises (all three pure)
route     where packets to a prefix go from a node, hop by hop, asked of the nodes; who taught each its route, and when
"""
