"""What others have to know of the service `phone`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Service, Table, Tcp

if TYPE_CHECKING:
    from catenet.nodes.application.phone.config import PhoneOptions
    from catenet.nodes.control.needs import ReadNeeds, Tell

__all__ = ["SERVICES"]


def _options() -> type[PhoneOptions]:
    from catenet.nodes.application.phone.config import PhoneOptions

    return PhoneOptions


def _needs() -> ReadNeeds:
    from catenet.nodes.application.phone.needs import read_needs

    return read_needs


def _told() -> Tell:
    from catenet.nodes.application.phone.needs import tell

    return tell


_QUALITY = {"loss": "loss (%)", "jitter": "jitter (s)", "delay": "delay (s)", "longest_silence": "longest silence (s)"}

SERVICES = (
    Service(
        "phone",
        "A telephone: finds its user's contacts by the directory, and talks to them by whatever path there is.",
        _options,
        tables=(
            Table("phone", _QUALITY),
            Table("calls", {**_QUALITY, "seconds": "lasted (s)"}),
            Table("candidates"),
            Table("pairs"),
        ),
        events={
            "phone.joined": "user, back: the directory has let him in; back: by the token of an earlier login",
            "phone.left": "user, why: he is not there any more, or was not let in",
            "directory.unanswered": "at, ask: the directory takes connections, and does not answer; told once until "
            "it does",
            "phone.address": "user, address: its interface is up again, or another one is; null: none is, and it waits",
            "key.new": "peer, fingerprint: a contact's key is seen for the first time, and believed from now on",
            "key.changed": "peer, fingerprint: a contact is seen with another key; no calls with him until it is "
            "trusted",
            "call.calling": "call, peer, outgoing: the user calls somebody",
            "call.ringing": "call, peer, outgoing: somebody calls him, or the phone of whom he calls rings",
            "call.answered": "call, peer, outgoing: by the one who is called",
            "call.up": "call, peer, outgoing, path, by, after: they hear each other; path: direct, punched or relayed; "
            "by: whose supernodes; after: seconds since it began",
            "call.spare": "call, peer, outgoing, path, by: there is a second path, for when the first one dies",
            "call.moved": "call, peer, outgoing, path, by, silent, why: it goes by another path, after so many "
            "seconds of silence; why: silence, peer, connection, consent or address",
            "call.ended": "call, peer, outgoing, why, seconds, [sent, received, loss, jitter, delay, mos, "
            "longest_silence]: it is over; why: hung-up, cancelled, refused, busy, no-answer, no-path, lost, offline, "
            "directory, no-contact, glare, failed or stopped",
        },
        needs=_needs,
        told=_told,
        calls="user",
        tcp=Tcp(),
    ),
)
