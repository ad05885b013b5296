"""Pictures of a lab. All but live and known is pure.

picture   what a picture shows, the same for every way to draw it; of a plan
live      the same of a running lab: how each node and LAN is now
known     the same as a node knows it, by a protocol that knows the whole network
svg       drawn as SVG; layout: where things stand
host_marks  how hosts are told apart, where there are several
elements  the document, and words in it, of each that is an SVG
boxes     frames, each header a box inside the one below; ladder: messages between nodes, one below the other
drawings  in the languages of Mermaid and of Graphviz, which place things themselves
"""
