"""The older place of nodes/processes/machine_program.py, for this version: users' programs name it."""

from __future__ import annotations

import warnings

from catenet.nodes.processes.machine_program import run

__all__ = ["run"]

warnings.warn(
    "instead of catenet.nodes.services.machine_program import catenet.nodes.processes.machine_program",
    FutureWarning,
    stacklevel=2,
)
