"""Compare a stored page with the same page built without its charts' drawing.

Outside of its charts every byte must be equal. A chart must have the same text alternative and the same
texts, and may hold nothing but the drawing elements that matplotlib writes: no script, no event handler,
no link. Numbers that stand alone are left out of the texts, since another version of matplotlib may
choose other ticks. So curves, marks and ticks are not compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from xml.etree import ElementTree

_CHART = re.compile(r"(<svg\b.*?</svg>)", re.DOTALL)
_HEAD = re.compile(r'<svg viewBox="[0-9. ]+" role="img" aria-label="([^"<>]*)">')
_ELEMENTS = frozenset("svg g path use defs clipPath rect text style".split())
_ATTRIBUTES = frozenset(
    "id d transform style x y width height href clip-path type viewBox role aria-label".split()
)
_STYLE_SHEET = re.compile(r"\*\{[a-z: ;-]*\}")
_LINK = re.compile(r"#[\w.-]+")
_CLIP = re.compile(r"url\(#[\w.-]+\)")
_DECLARATIONS = re.compile(r"[\w\s:;,.%#'()-]*")
_NUMBER = re.compile(r"(?:[+×−-]?[0-9]+(?:\.[0-9]+)?(?:e[+−-]?[0-9]+)?){1,2}")
"""A tick, or the offset and factor of an axis such as `1e−5+2`."""
_MOST_CHARACTERS = 5_000_000
"""Of the drawing of one chart; a chart of a real page has some ten thousand."""


def page_differences(stored: str, built: str) -> Iterator[str]:
    """Where a stored page differs from the built one; one line for each difference.

    Args:
        built: the page as `leaderboards.chart_texts.texts_only` gives it.
    """
    pieces, expected = _CHART.split(stored), _CHART.split(built)
    if len(pieces) != len(expected):
        yield f"has {len(pieces) // 2} charts, expected {len(expected) // 2}"
        return
    for number, (piece, other) in enumerate(zip(pieces, expected, strict=True)):
        if number % 2 == 0:
            if piece != other:
                yield f"reads {_first_difference(piece, other)}"
        elif piece != other:
            yield from (f"chart {number // 2 + 1} {what}" for what in _of_chart(piece, other))


def _of_chart(stored: str, built: str) -> Iterator[str]:
    heads = [_HEAD.match(text) for text in (stored, built)]
    if heads[0] is None or heads[1] is None or heads[0][1] != heads[1][1]:
        yield "has another description than its numbers give"
        return
    if len(stored) > _MOST_CHARACTERS or "<!" in stored or "<?" in stored:
        yield "holds more than a drawing"
        return
    try:
        root = ElementTree.fromstring(stored)
    except ElementTree.ParseError as error:
        yield f"cannot be read ({error})"
        return
    texts: Counter[str] = Counter()
    for element in root.iter():
        fault = _fault(element)
        if fault:
            yield fault
            return
        texts[(element.text or "").strip()] += element.tag == "text"
    expected = Counter(map(unescape, re.findall(r"<text>([^<]*)</text>", built)))
    for text in sorted({*texts, *expected}):
        if texts[text] != expected[text] and not _NUMBER.fullmatch(text):
            yield f"has the text {text!r} {texts[text]} times, expected {expected[text]}"


def _fault(element: ElementTree.Element) -> str:
    """What an element has that no chart has; empty if nothing."""
    if element.tag not in _ELEMENTS:
        return f"holds the element {element.tag!r}"
    for name, value in element.attrib.items():
        fits = {"href": _LINK, "clip-path": _CLIP, "style": _DECLARATIONS}.get(name)
        if name not in _ATTRIBUTES or (fits and not fits.fullmatch(value)):
            return f"holds the attribute {name}={value[:60]!r}"
        if name == "style" and "url" in value.lower():
            return f"holds the attribute {name}={value[:60]!r}"
    text, tail = (element.text or "").strip(), (element.tail or "").strip()
    if element.tag == "style":
        return "" if _STYLE_SHEET.fullmatch(text) and not tail else "holds another style sheet"
    if tail or (text and element.tag != "text"):
        return f"holds the text {(tail or text)[:60]!r}"
    return ""


def _first_difference(stored: str, built: str) -> str:
    """A stored text and what is expected in its place."""
    place = next(
        (i for i, (a, b) in enumerate(zip(stored, built, strict=False)) if a != b),
        min(len(stored), len(built)),
    )
    start = max(0, place - 20)
    return f"{stored[start : place + 40]!r}, expected {built[start : place + 40]!r}"
