"""`python3 -m catenet.nodes` is PID 1 of a node."""

import os
import signal
import sys

# The kernel keeps from PID 1 every signal that it does not handle; without this, a stop in our first tenth of a second
# would be lost, and the engine would wait ten seconds before it kills.
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))

from catenet.nodes.runtime.node import main  # noqa: E402

sys.exit(main())
