"""A life cycle as a picture (SVG): states in a row, what leads from one to the next, and what may be done where one stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from duban_contracts.vocabulary import STATES

_BOX: Final = (130, 52)
_PITCH: Final = 226
_LEFT: Final = 24
_LINE: Final = 17
_BELOW: Final = 230
_STYLE: Final = (
    'text{font:13px "Noto Sans SC","Noto Sans CJK SC","Microsoft YaHei","PingFang SC","SimHei",sans-serif;fill:#1a1a1a}'
    ".state{font-weight:bold;text-anchor:middle}.code{fill:#555;text-anchor:middle;font-size:11px}.stays{fill:#555}"
    ".move{fill:#12507b;text-anchor:middle;paint-order:stroke;stroke:#fff;stroke-width:4px}"
    ".box{fill:#eef4fa;stroke:#12507b}.way{fill:none;stroke:#12507b;stroke-width:1.3;marker-end:url(#tip)}"
)
_TIP: Final = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="#12507b"/></marker></defs>'
)


@dataclass(frozen=True, slots=True)
class State:
    """One state: its code and name, its column, whether it stands below the row, and what leaves it as it is."""

    code: str
    name: str
    column: float
    below: bool = False
    stays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """What leads from one state to another: the names of all moves that do."""

    source: str
    target: str
    moves: tuple[str, ...]


def picture(title: str, states: Sequence[State], ways: Iterable[Way]) -> str:
    """Return the machine as an SVG document; the same machine gives the same bytes."""
    above = _LINE * max((len(state.stays) for state in states if not state.below), default=0)
    row = 48 + above
    width = round(2 * _LEFT + _PITCH * max(state.column for state in states) + _BOX[0])
    lowest = max((len(state.stays) for state in states if state.below), default=0)
    height = row + _BELOW + _BOX[1] + _LINE * lowest + 24
    places = {state.code: (_LEFT + state.column * _PITCH, row + (_BELOW if state.below else 0)) for state in states}
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label={quoteattr(title)}>',
        f"<style>{_STYLE}</style>{_TIP}",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text class="state" x="{width / 2:g}" y="24">{escape(title)}</text>',
    ]
    lines = [_way(places[way.source], places[way.target], way) for way in ways]
    drawn += [path for path, _ in lines]
    for state in states:
        drawn += _state(state, *places[state.code])
    drawn += [label for _, label in lines]
    return "\n".join([*drawn, "</svg>", ""])


# Where the states of a hazard stand: the row of its life, and below it what ends it early.
_ROW: Final = ("new", "reported", "confirmed", "rectifying", "in_review", "closed")
_ENDS: Final = {"rejected": 1.0, "duplicate": 2.5}


def hazards(ways: Mapping[tuple[str, str], tuple[str, ...]]) -> str:
    """Return the life of a hazard, of the moves that lead from state to state."""
    places = {**{code: (float(at), False) for at, code in enumerate(_ROW)}, **{c: (x, True) for c, x in _ENDS.items()}}
    states = [
        State(code, "未入账" if code == "new" else STATES.name(code), column, below, ways.get((code, code), ()))
        for code, (column, below) in places.items()
        if any(code in key for key in ways)
    ]
    return picture("隐患的一生", states, [Way(*key, moves) for key, moves in ways.items() if key[0] != key[1]])


def _state(state: State, x: float, y: float) -> Iterator[str]:
    middle = x + _BOX[0] / 2
    yield f'<rect class="box" x="{x:g}" y="{y:g}" width="{_BOX[0]}" height="{_BOX[1]}" rx="8"/>'
    yield f'<text class="state" x="{middle:g}" y="{y + 23:g}">{escape(state.name)}</text>'
    yield f'<text class="code" x="{middle:g}" y="{y + 41:g}">{escape(state.code)}</text>'
    first = y + _BOX[1] + _LINE if state.below else y - 8 - _LINE * (len(state.stays) - 1)
    for place, name in enumerate(state.stays):
        yield f'<text class="stays" x="{x + 4:g}" y="{first + place * _LINE:g}">↻ {escape(name)}</text>'


def _way(source: tuple[float, float], target: tuple[float, float], way: Way) -> tuple[str, str]:
    """Return the arrow and its label: straight to the next state, a bow below the row for any other, down to what stands below."""
    wide, high = _BOX
    (x1, y1), (x2, y2) = source, target
    if y1 == y2 and 0 < x2 - x1 <= _PITCH:
        y = y1 + high / 2
        return _straight(x1 + wide, y, x2, y), _label((x1 + wide + x2) / 2, y - 8, way.moves, upwards=True)
    if y1 == y2:
        leaves, enters = (0.65, 0.35) if x2 > x1 else (0.4, 0.6)
        start, end, y = x1 + wide * leaves, x2 + wide * enters, y1 + high
        deep = 44 + 30 * abs(x2 - x1) / _PITCH
        path = f'<path class="way" d="M{start:g} {y:g}C{start:g} {y + deep:g} {end:g} {y + deep:g} {end:g} {y:g}"/>'
        return path, _label((start + end) / 2, y + deep * 0.75 + 4, way.moves)
    begin, stop = (y1 + high, y2) if y2 > y1 else (y1, y2 + high)
    start, end = x1 + wide * 0.2, x2 + wide * min(max(0.5 + (x1 - x2) / _PITCH / 6, 0.1), 0.9)
    return _straight(start, begin, end, stop), _label(
        start + (end - start) * 0.72, begin + (stop - begin) * 0.72, way.moves
    )


def _straight(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path class="way" d="M{x1:g} {y1:g}L{x2:g} {y2:g}"/>'


def _label(x: float, y: float, moves: Sequence[str], *, upwards: bool = False) -> str:
    first = y - _LINE * (len(moves) - 1) if upwards else y
    lines = "".join(
        f'<tspan x="{x:g}" y="{first + place * _LINE:g}">{escape(name)}</tspan>' for place, name in enumerate(moves)
    )
    return f'<text class="move">{lines}</text>'
