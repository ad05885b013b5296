"""Where things stand in a picture: boxes of given sizes, and lines between them. Pure, and the same at every run.

Stress majorisation (Gansner, Koren and North 2005): the distance of two boxes on paper shall be the length of the
shortest way between them. It begins at the classical scaling of those lengths, which unfolds rings and trees. In the
best few turns of the outcome, boxes that overlap are pushed apart; the one with the fewest crossings is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

__all__ = ["Box", "Spot", "place"]

MARGIN = 16.0
"""Pixels that two boxes keep between them, at least."""
_GAP = 34.0
_ROUNDS = 40
_PUSHES, _STEPS = 150, 40  # where there is no room beside a line, it goes through a box in the end
_GROW = 1.08
_TURNS, _TRIED = 24, 5
_WIDER = 1.25  # paper and screens are wider than they are high


class Box(NamedTuple):
    """What needs a place: its size in pixels."""

    width: float
    height: float


class Spot(NamedTuple):
    """A box's middle, in pixels; y counts downwards."""

    x: float
    y: float


Edge = tuple[int, int]
Lengths = list[list[float]]


def place(boxes: Sequence[Box], lines: Sequence[Edge]) -> list[Spot]:
    """A spot for each box, so that none overlaps; `lines` join boxes by their numbers."""
    if not boxes:
        return []
    lengths = _lengths(boxes, lines)
    settled = _settle(_unfold(lengths), lengths)
    turned = [[_turned(spot, math.pi * turn / _TURNS) for spot in settled] for turn in range(_TURNS)]
    turned.sort(key=lambda spots: _cost(spots, boxes, lines))
    tried = [_apart(spots, boxes, lines) for spots in turned[:_TRIED]]
    spots = min(tried, key=lambda spots: _cost(spots, boxes, lines))
    while _overlaps(spots, boxes):
        spots = _apart([Spot(spot.x * _GROW, spot.y * _GROW) for spot in spots], boxes, ())
    return _first_at_left_top(spots)


def _first_at_left_top(spots: list[Spot]) -> list[Spot]:
    """Mirrored so that the first box is at the left and above, where one begins to read."""
    middle = Spot(sum(spot.x for spot in spots) / len(spots), sum(spot.y for spot in spots) / len(spots))
    x, y = (-1 if spots[0].x > middle.x else 1), (-1 if spots[0].y > middle.y else 1)
    return [Spot(spot.x * x, spot.y * y) for spot in spots]


def _turned(spot: Spot, angle: float) -> Spot:
    sine, cosine = math.sin(angle), math.cos(angle)
    return Spot((spot.x * cosine - spot.y * sine) * _WIDER, spot.x * sine + spot.y * cosine)


def _lengths(boxes: Sequence[Box], lines: Sequence[Edge]) -> Lengths:
    """The shortest ways between all boxes (Floyd and Warshall); parts without a way stand a little off."""
    count = len(boxes)
    row = [[math.inf] * count for _ in boxes]
    for number in range(count):
        row[number][number] = 0.0
    for one, other in lines:
        row[one][other] = row[other][one] = _GAP + _radius(boxes[one]) + _radius(boxes[other])
    for middle in range(count):
        through = row[middle]
        for one in range(count):
            first = row[one][middle]
            if math.isfinite(first):
                row[one] = [min(old, first + second) for old, second in zip(row[one], through, strict=True)]
    far = 1.3 * max((length for each in row for length in each if math.isfinite(length)), default=0.0) + 4 * _GAP
    return [[length if math.isfinite(length) else far for length in each] for each in row]


def _radius(box: Box) -> float:
    return (box.width + box.height) / 4


def _unfold(lengths: Lengths) -> list[Spot]:
    """Classical scaling: the two longest axes of the doubly centred squares of the lengths, by power iteration."""
    count = len(lengths)
    squares = [[length * length for length in row] for row in lengths]
    means = [sum(row) / count for row in squares]
    mean = sum(means) / count
    matrix = [[(means[i] + means[j] - mean - squares[i][j]) / 2 for j in range(count)] for i in range(count)]
    axes: list[list[float]] = []
    for seed in (1.0, 2.0):
        axis = [math.sin(seed * (number + 1)) for number in range(count)]
        size = 0.0
        for _ in range(60):
            for done in axes:
                share = sum(a * b for a, b in zip(axis, done, strict=True)) / (sum(a * a for a in done) or 1.0)
                axis = [a - share * b for a, b in zip(axis, done, strict=True)]
            axis = [sum(a * b for a, b in zip(row, axis, strict=True)) for row in matrix]
            size = math.hypot(*axis) or 1.0
            axis = [a / size for a in axis]
        axes.append([a * math.sqrt(size) for a in axis])
    # Twins (two LANs at one router) would stand on one spot, and then nothing drives them apart.
    return [
        Spot(axes[0][n] + 7 * math.sin(12.9 * (n + 1)), axes[1][n] + 7 * math.cos(78.2 * (n + 1))) for n in range(count)
    ]


def _settle(spots: list[Spot], lengths: Lengths) -> list[Spot]:
    """Each in turn goes where the others want it, weighted by nearness."""
    spots = list(spots)
    for _ in range(_ROUNDS):
        for one, spot in enumerate(spots):
            x = y = total = 0.0
            for other, there in enumerate(spots):
                wanted = lengths[one][other]
                if one == other or not wanted:
                    continue
                weight = 1 / (wanted * wanted)
                pull = wanted / (math.hypot(spot.x - there.x, spot.y - there.y) or 1.0)
                x += weight * (there.x + pull * (spot.x - there.x))
                y += weight * (there.y + pull * (spot.y - there.y))
                total += weight
            if total:
                spots[one] = Spot(x / total, y / total)
    return spots


def _apart(spots: Sequence[Spot], boxes: Sequence[Box], lines: Sequence[Edge]) -> list[Spot]:
    """Pushes apart what overlaps, and out of the way what a line would cross."""
    spots = list(spots)
    for push in range(_PUSHES):
        moves = [*_crowded(spots, boxes), *_in_the_way(spots, boxes, lines if push < _STEPS else ())]
        if not moves:
            break
        for number, x, y in moves:
            spots[number] = Spot(spots[number].x + x, spots[number].y + y)
    return spots


def _overlap(spots: Sequence[Spot], boxes: Sequence[Box], one: int, other: int) -> tuple[float, float]:
    """How far two boxes with their margin are into each other, in both directions; both positive: they overlap."""
    x = (boxes[one].width + boxes[other].width) / 2 + MARGIN - abs(spots[one].x - spots[other].x)
    y = (boxes[one].height + boxes[other].height) / 2 + MARGIN - abs(spots[one].y - spots[other].y)
    return x, y


def _overlaps(spots: Sequence[Spot], boxes: Sequence[Box]) -> bool:
    return any(min(_overlap(spots, boxes, *pair)) > 1 for pair in combinations(range(len(boxes)), 2))


def _crowded(spots: Sequence[Spot], boxes: Sequence[Box]) -> Iterator[tuple[int, float, float]]:
    for one, other in combinations(range(len(boxes)), 2):
        x, y = _overlap(spots, boxes, one, other)
        if x <= 0 or y <= 0:
            continue
        along = x < y
        sign = 1 if (spots[one].x >= spots[other].x if along else spots[one].y >= spots[other].y) else -1
        push = sign * (min(x, y) / 2 + 0.1)
        yield (one, push, 0.0) if along else (one, 0.0, push)
        yield (other, -push, 0.0) if along else (other, 0.0, -push)


def _in_the_way(
    spots: Sequence[Spot], boxes: Sequence[Box], lines: Sequence[Edge]
) -> Iterator[tuple[int, float, float]]:
    for number, box in enumerate(boxes):
        for one, other in lines:
            if number in (one, other):
                continue
            away = _beside(spots[one], spots[other], spots[number], box)
            if away is not None:
                yield number, *away


def _beside(start: Spot, end: Spot, spot: Spot, box: Box) -> tuple[float, float] | None:
    """A small step that takes a box off a line; None where the line does not cross it."""
    x, y = end.x - start.x, end.y - start.y
    length = math.hypot(x, y)
    if not length:
        return None
    along = ((spot.x - start.x) * x + (spot.y - start.y) * y) / (length * length)
    if not 0 < along < 1:
        return None
    off = ((spot.x - start.x) * y - (spot.y - start.y) * x) / length  # signed distance of its middle from the line
    reach = (abs(y) * box.width + abs(x) * box.height) / (2 * length) + MARGIN / 4
    if abs(off) >= reach:
        return None
    step = min(6.0, reach - abs(off) + 0.5) * (1 if off >= 0 else -1)
    return step * y / length, -step * x / length


def _cost(spots: Sequence[Spot], boxes: Sequence[Box], lines: Sequence[Edge]) -> float:
    """Crossings, then lines through boxes, then room, then lines that are neither level nor upright."""
    crossings = sum(1.0 for one, other in combinations(lines, 2) if not {*one} & {*other} and _cross(spots, one, other))
    through = sum(1.0 for _ in _in_the_way(spots, boxes, lines))
    width = max(s.x + b.width / 2 for s, b in zip(spots, boxes, strict=True)) - min(
        s.x - b.width / 2 for s, b in zip(spots, boxes, strict=True)
    )
    height = max(s.y + b.height / 2 for s, b in zip(spots, boxes, strict=True)) - min(
        s.y - b.height / 2 for s, b in zip(spots, boxes, strict=True)
    )
    room = (width * height) / sum((b.width + 40) * (b.height + 40) for b in boxes)
    tall = max(0.0, height / width - 1.0)
    slant = 0.0
    for one, other in lines:
        angle = math.atan2(spots[other].y - spots[one].y, spots[other].x - spots[one].x)
        slant += abs(math.sin(2 * angle))
    return 20 * crossings + 12 * through + room + 3 * tall + 3 * slant / (len(lines) or 1)


def _cross(spots: Sequence[Spot], one: Edge, other: Edge) -> bool:
    a, b, c, d = (spots[number] for number in (*one, *other))
    return _side(a, b, c) != _side(a, b, d) and _side(c, d, a) != _side(c, d, b)


def _side(a: Spot, b: Spot, c: Spot) -> bool:
    return (b.x - a.x) * (c.y - a.y) > (b.y - a.y) * (c.x - a.x)
