"""`python3 -m catenet.nodes` is PID 1 of a node."""

import gc
import os
import signal
import sys

# The kernel keeps from PID 1 every signal that it does not handle; without this, a stop in our first tenth of a second
# would be lost, and the engine would wait ten seconds before it kills.
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))

# A lab starts dozens of us at once, so a start must cost little. asyncio takes OpenSSL in if it can, a sixth of all
# that a node loads, and only a service that speaks TLS wants it: runtime/tls imports it then, and has its own way to it
# (asyncio's there is none in this process); and what is loaded now is never garbage.
gc.disable()
sys.modules["ssl"] = None  # type: ignore[assignment]
import asyncio  # noqa: E402, F401

del sys.modules["ssl"]
from catenet.nodes.runtime.node import main  # noqa: E402

gc.freeze()
gc.enable()
sys.exit(main())
