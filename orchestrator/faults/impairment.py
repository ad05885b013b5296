"""What a LAN may suffer, in the words of the command line, a timeline and a lab file's `impairments:`."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from catenet.nodes.control.impairment import LARGEST_QUEUE, LARGEST_SEED, MOST, QUEUE, Impairment
from catenet.nodes.control.units import Duration, Percentage, Rate
from catenet.orchestrator.faults.option import NodeName, Option

__all__ = ["ImpairmentWords", "impairment"]

_COUNT = (0, MOST)


class ImpairmentWords(NamedTuple):
    """A field for each of an Impairment's, in their order."""

    sender: Annotated[
        NodeName, Option("Only what this node sends suffers. Two nodes may each have their own.", word="from")
    ] = ""
    delay: Annotated[Duration, Option("How much later each packet arrives.")] = 0.0
    jitter: Annotated[
        Duration, Option("By how much the delay differs from packet to packet; what differs more overtakes.")
    ] = 0.0
    distribution: Annotated[
        Literal["uniform", "normal"],
        Option("Of the jitter: anything between -jitter and jitter, or normal, jitter being the standard deviation."),
    ] = "uniform"
    loss: Annotated[Percentage, Option("So many packets are lost.")] = 0.0
    burst: Annotated[int, Option("So many are lost in a row, on average; 0: each by itself.", bounds=_COUNT)] = 0
    duplicate: Annotated[Percentage, Option("So many arrive twice.")] = 0.0
    reorder: Annotated[Percentage, Option("So many are not delayed, and overtake the others.")] = 0.0
    corrupt: Annotated[Percentage, Option("In so many one bit is another, behind the IP header.")] = 0.0
    rate: Annotated[Rate, Option("So many bits a second pass, frames counted; 0bit: all.")] = 0.0
    queue: Annotated[
        int, Option(f"Packets that wait for the rate; more are lost. 0: {QUEUE}.", bounds=(0, LARGEST_QUEUE))
    ] = 0
    drop_every: Annotated[int, Option("Each n-th packet is lost; 0: none.", bounds=_COUNT)] = 0
    seed: Annotated[
        int, Option("Of all that is drawn: the same one loses the same packets.", bounds=(0, LARGEST_SEED))
    ] = 0


def impairment(words: tuple[object, ...]) -> Impairment:
    """The words as a value.

    Raises:
        ValueError: they do not fit together; the text says why.

    """
    made = Impairment(*words)  # type: ignore[arg-type]  # the fields are the same, in the same order
    made.check()
    return made
