"""A phone: what two people say to each other, found through the directory, carried by whatever path there is.

terms        what a conversation is told and what it tells: `Terms`, `Ports`, the events, `Statistics`
"""
