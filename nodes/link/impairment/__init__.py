"""A LAN that is not as it should be: what becomes of each frame that a node sends there.

channel.py    the model: `Channel` says of each frame when it goes on, or that it is lost
flaw.py       a frame in which one bit is another

What may be asked is nodes/control/impairment.py's. Two carry it out by this model: the simulated network of the tests,
and a node whose kernel has no sch_netem (nodes/runtime/emulator.py). A packet is first lost or not, then it waits for
the rate, then it travels for as long as the delay says.

Of what is random each kind has a stream of its own, and each packet that is not lost draws as often as any other: the
same seed loses the same packets, whatever else is asked, and however fast they come.

Supported standards: none; tc-netem(8) is the model. Bursts are those of Gilbert (E. N. Gilbert, "Capacity of a
Burst-Noise Channel", 1960): all is lost in the bad state, nothing in the good one.
"""
