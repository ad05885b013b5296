"""What is kept of a failure while the lab is still there.

failure   which files there are; all of it, made at the failure
folder    the folder that has them; nothing is written outside it
node      of each node: its log, what the engine knows of it, its tables; last_words, for an error's text
packets   what passed at each node, while that which failed is done once more
secrets   what the engine knows of a node, without passwords and keys
jobs      all that at once, for so many seconds at most, whatever hangs
"""
