r"""Print and read the texts of `areas`.

The object, the unit of length and the phrases are surface.
"""

from __future__ import annotations

import re
from functools import cache

from clean_bench.seeds import Draw
from generators.families.geometry.areas.figures import (
    HOLE,
    INSIDE,
    KINDS,
    OUTSIDE,
    STEPS,
    Figure,
    Piece,
    Shape,
)
from generators.family import Notation
from generators.phrasing import read_texts

LONGEST = 10_000
_TEXTS = read_texts(__file__)
PHRASES: dict[str, list[str]] = _TEXTS["shape"]
CUTS: dict[str, list[tuple[str, str]]] = _TEXTS["cut"]
FINALS: dict[str, list[str]] = _TEXTS["final"]

_PLAIN = tuple(f"{n // 10}.{n % 10}" if n % 10 else str(n // 10) for n in range(OUTSIDE[-1] + 1))
_LATEX = tuple(f"${text}$" for text in _PLAIN)
_LENGTH = r"([0-9]{1,4}(?:\.[0-9])?) (mm|cm|m)"
_SCALE = r"([1-9][0-9]?)(?:/([1-9][0-9]?))?"
_FRACTION = re.compile(r"\\frac\{([0-9]{1,4})\}\{([0-9]{1,4})\}")


@cache
def _frames(kind: str, many: bool) -> tuple[tuple[str, str, str], ...]:
    """Openings, units of length, and matching questions."""
    sort, questions = KINDS[kind].sort, _TEXTS["question"]
    if many:
        questions = {**questions, **_TEXTS["question_of_many"]}
    return tuple(
        (opening.format(o=name), unit, f" {question}{_TEXTS['exactly']}")
        for unit, names in _TEXTS["object"][sort].items()
        for name in names
        for question in (questions[kind].format(o=name, u=_TEXTS["units"][unit]),)
        for opening in (_TEXTS["many"][sort] if many else _TEXTS["one"])
    )


def describe(figure: Figure, notation: Notation, draw: Draw) -> str:
    """The text of a question on a figure."""
    kind, pieces = KINDS[figure.kind], figure.pieces
    printed = _LATEX if notation == "latex" else _PLAIN
    opening, unit, question = draw.choice(_frames(figure.kind, len(pieces) > 1))
    ways = draw.below(18 ** len(pieces))
    descriptions = []
    for name, outside, inside in pieces:
        ways, way = divmod(ways, 18)
        around, _, hole = name.partition(HOLE)
        text = PHRASES[around][way % 3] % tuple([f"{printed[n]} {unit}" for n in outside])
        if inside:
            between, after = CUTS[kind.sort][way // 9]
            shape = PHRASES[hole][way // 3 % 3] % tuple([f"{printed[n]} {unit}" for n in inside])
            text = f"{text}{between}{shape}{after}"
        descriptions.append(text)
    if len(descriptions) > 1:
        descriptions[-1] = "and " + descriptions[-1]
    text = f"{opening}{'; '.join(descriptions)}."
    if kind.final == "prism":
        text += draw.choice(FINALS["prism"]) % f"{printed[figure.final[0]]} {unit}"
    elif kind.final:
        text += draw.choice(FINALS["scale"]) % _scale(figure.final, notation)
    return text + question


def _scale(scale: tuple[int, ...], notation: Notation) -> str:
    above, below = scale
    if notation == "latex":
        return rf"$\frac{{{above}}}{{{below}}}$" if below > 1 else f"${above}$"
    return f"{above}/{below}" if below > 1 else str(above)


def read(text: str) -> Figure:
    """The figure that a text describes.

    Raises:
        ValueError: if `describe` prints no such text.
    """
    wrong = ValueError(f"expected a question on a figure, got {text[:60]!r}")
    if len(text) > LONGEST:
        raise wrong
    text = _FRACTION.sub(r"\1/\2", text.replace("$", ""))
    for kind, spec in KINDS.items():
        for many in (False, True):
            for opening, unit, question in _frames(kind, many):
                if text.startswith(opening) and text.endswith(question):
                    body = text[len(opening) : len(text) - len(question)]
                    final = _final(spec.final, body, unit)
                    if final is None:
                        continue
                    description, last = final
                    parts = description.split("; ")
                    if many != (len(parts) > 1) or (many and not parts[-1].startswith("and ")):
                        raise wrong
                    if many:
                        parts[-1] = parts[-1].removeprefix("and ")
                    return Figure(
                        kind, tuple(_piece(spec.sort, part, unit) for part in parts), last
                    )
    raise wrong


def _final(final: str, body: str, unit: str) -> tuple[str, tuple[int, ...]] | None:
    """The text before the final step, and the step."""
    if not final:
        return (body[:-1], ()) if body.endswith(".") else None
    for sentence in FINALS[final]:
        before, after = sentence.split("%s")
        description, separator, rest = body.partition("." + before)
        if not separator or not rest.endswith(after):
            continue
        step = rest[: len(rest) - len(after)]
        if final == "prism" and (height := _lengths(_LENGTH, step, unit)):
            return description, height
        if final == "scale" and (match := re.fullmatch(_SCALE, step)):
            return description, (int(match[1]), int(match[2] or 1))
    return None


@cache
def _patterns(name: str) -> tuple[str, ...]:
    return tuple(re.escape(phrase).replace("%s", _LENGTH) for phrase in PHRASES[name])


def _lengths(pattern: str, text: str, unit: str) -> Shape:
    """The lengths in a text, in tenths; empty if it does not match or has another unit."""
    match = re.fullmatch(pattern, text)
    if not match or set(match.groups()[1::2]) != {unit}:
        return ()
    return tuple(round(10 * float(length)) for length in match.groups()[::2])


def _shape(names: tuple[str, ...], text: str, unit: str) -> tuple[str, Shape]:
    """The name and the lengths of the shape that a phrase describes."""
    for name in names:
        for pattern in _patterns(name):
            if lengths := _lengths(pattern, text, unit):
                return name, lengths
    raise ValueError(f"expected a shape, got {text[:60]!r}")


def _piece(sort: str, text: str, unit: str) -> Piece:
    """The piece that a phrase describes."""
    names = tuple(STEPS[sort])
    for between, after in CUTS[sort]:
        around, separator, hole = text.partition(between)
        if separator and hole.endswith(after):
            name, outside = _shape(names[:1], around, unit)
            inner, inside = _shape(names, hole[: len(hole) - len(after)], unit)
            if not (_within(outside, OUTSIDE) and _within(inside, INSIDE)):
                raise ValueError(f"expected a hole that fits, got {text[:60]!r}")
            return name + HOLE + inner, outside, inside
    return (*_shape(names, text, unit), ())


def _within(shape: Shape, lengths: range) -> bool:
    return all(length in lengths for length in shape)
