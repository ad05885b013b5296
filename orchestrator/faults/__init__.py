"""Break and mend: cut and heal a LAN; kill, pause, resume and start a node.

lans    cut, heal: the interface goes down or up at every end; a bridge would hide the far end's carrier. A silent cut
        leaves the carrier: each end drops what comes in
nodes   kill, pause, resume, start: the engine's doing; who comes back does as the other ends of its LANs have done
verbs   all six by their names
reset   the lab as after `up`; left_behind: what somebody has changed inside a node
done    what a verb did, with its times

Nothing is remembered outside the lab: whether a LAN is cut is asked of its ends. So a LAN whose every end is dead has
no cut any more when they are started again.
Each verb may be given twice: the second time it says that it is so already.
"""
