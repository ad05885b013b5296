"""Every target: its name, and the module of this folder and the attribute that has it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from fuzz_target import Target

__all__ = ["TARGETS", "load"]

TARGETS: Mapping[str, str] = {
    "dns-message": "fuzz_dns:message",
    "dns-question": "fuzz_dns:question",
    "zone-file": "fuzz_zone:zone",
    "http-head": "fuzz_http:head",
    "http-connection": "fuzz_http:connection",
    "rip-message": "fuzz_rip:message",
    "rip-datagrams": "fuzz_rip:plain",
    "rip-password": "fuzz_rip:password",
    "rip-md5": "fuzz_rip:md5",
    "rip-hmac-sha-256": "fuzz_rip:hmac_sha_256",
}


def load(name: str) -> Target:
    """The target; its room is imported now, and not before, so that its branches can be counted."""
    module, _, attribute = TARGETS[name].partition(":")
    target = getattr(importlib.import_module(module), attribute)
    assert isinstance(target, Target)
    return target
