"""Properties that hold for every competition template. `-k NAME` runs those of one."""

from __future__ import annotations

import dis
import re
import types
from collections import Counter
from collections.abc import Iterator
from math import log2
from typing import Any

import pytest
from spellings import near_misses, spellings

from clean_bench.grading import grade
from clean_bench.seeds import digest
from generators.competition.counts import bits_of, count
from generators.competition.numbers import Parameters
from generators.competition.printing import Style, dress, undress
from generators.competition.registry import templates
from generators.competition.template import Item, Template

ITEMS = 300
ANSWERS = 1500
NAMES = list(templates())
every = pytest.mark.parametrize("name", NAMES)


def drawn(template: Template, label: str, most: int) -> Iterator[tuple[int, Parameters]]:
    """Nice draws, numbered."""
    number = 0
    for attempt in range(most * 2000):
        p = template.draw(digest(label, template.name, attempt, length=128))
        if p is not None:
            yield number, p
            number += 1
        if number == most:
            return
    raise AssertionError(f"{template.name}: {number} of {most * 2000} draws are nice")


def items(template: Template, label: str, most: int) -> Iterator[Item]:
    """Items of all texts in turn, in all styles."""
    for number, p in drawn(template, label, most):
        words = template.draw_words(digest(label, "words", number, length=256))
        flags = digest(label, "style", number, length=1)[0]
        style = Style(*(bool(flags >> bit & 1) for bit in range(len(Style._fields))))
        yield template.item(p, number % len(template.texts), words, style)


@every
def test_check_agrees_from_the_printed_text(name: str) -> None:
    template = templates()[name]
    for item in items(template, "check", ITEMS):
        q, _ = template.read(item.problem)
        values = template.printed_values(item.parameters)
        assert {key: values[key] for key in vars(q)} == vars(q), item.problem
        assert template.evaluate(item.problem) == item.answer, item.problem
        assert template.answer.fits(item.answer), item.answer


@every
def test_check_shares_no_code_with_solve(name: str) -> None:
    template = type(templates()[name])
    solving, checking = functions_of(template, "solve"), functions_of(template, "check")
    assert not solving & checking


def functions_of(template: type[Template], start: str) -> set[str]:
    """Functions and methods of this project that a method calls, directly or through others."""
    module = vars(__import__(template.__module__, fromlist=["_"]))
    found: set[str] = set()
    waiting: list[Any] = [getattr(template, start)]
    while waiting:
        for used in names_in(waiting.pop().__code__):
            function = module.get(used) or getattr(template, used, None)
            ours = isinstance(function, types.FunctionType)
            if ours and function.__module__.startswith("generators") and used not in found:
                found.add(used)
                waiting.append(function)
    return found | {start}


def names_in(code: types.CodeType) -> set[str]:
    inner = (const for const in code.co_consts if isinstance(const, types.CodeType))
    named = {i.argval for i in dis.get_instructions(code) if i.opname.startswith("LOAD")}
    return {n for n in named if isinstance(n, str)}.union(*map(names_in, inner))


@every
def test_texts_print_every_value_once(name: str) -> None:
    template = templates()[name]
    assert len(template.texts) >= 4 and len(set(template.texts)) == len(template.texts)
    lengths = [len(text) for text in template.texts]
    assert max(lengths) >= 1.25 * min(lengths)
    slots_of: dict[tuple[Any, ...], set[str]] = {}
    for skeleton in template.compiled:
        slots = [slot.name for slot in skeleton.slots if slot.kind and not slot.again]
        assert len(set(slots)) == len(slots), skeleton.text
        key = tuple(skeleton.choices.items())
        assert slots_of.setdefault(key, set(slots)) == set(slots), skeleton.text
        literal = [piece for piece in skeleton.pieces if isinstance(piece, str)]
        assert not any(re.search(r"<[a-zA-Z]\w*(?::[^<>\s]*)?>", piece) for piece in literal)
        assert "  " not in skeleton.text and skeleton.text.strip() == skeleton.text
        assert skeleton.text.count("$") - skeleton.text.count(r"\$") in range(0, 99, 2)
    words = {slot.name for skeleton in template.compiled for slot in skeleton.slots} & set(
        template.words
    )
    assert words == set(template.words)


@every
def test_styles_do_not_change_what_is_read(name: str) -> None:
    template = templates()[name]
    texts = len(template.texts)
    for number, p in drawn(template, "styles", texts):
        words = template.draw_words(digest("styles", "words", number, length=256))
        plain = template.render(p, number, words)
        undressed = undress(plain)
        for flags in digest("styles", name, number, length=16):
            style = Style(*(bool(flags >> bit & 1) for bit in range(len(Style._fields))))
            assert undress(dress(plain, style)) == undressed, dress(plain, style)


@every
def test_grades(name: str) -> None:
    template = templates()[name]
    kind = template.answer.name
    same, different = [], []
    for item in items(template, "grades", 12):
        same += [(item.answer, text) for text in (item.answer, *spellings(kind, item.answer))]
        different += [(item.answer, text) for text in near_misses(kind, item.answer)]
    grades = grade([*same, *different])
    wrong = [p for p, g in zip(same, grades, strict=False) if g.kind != "equal"]
    assert wrong == []
    missed = [p for p, g in zip(different, grades[len(same) :], strict=True) if g.kind == "equal"]
    assert missed == []


@every
def test_counted_bits(name: str) -> None:
    template = templates()[name]
    bits = bits_of(template)
    assert bits >= 12
    # No draw path is likelier than one member of the box that is nice.
    assert bits <= log2(template.numbers.size)
    if template.numbers.size <= 2**16:
        assert count(template).bits == bits
    # As many draws repeat a computation as the bits say, or fewer.
    n = 400
    seen = Counter(template.same(p) for _, p in drawn(template, "collisions", n))
    pairs = sum(k * (k - 1) // 2 for k in seen.values())
    expected = n * (n - 1) / 2 * 2.0**-bits
    assert pairs <= expected + 6 * expected**0.5 + 3


@every
def test_answers_vary(name: str) -> None:
    template = templates()[name]
    words = template.draw_words(bytes(256))
    draws = drawn(template, "answers", ANSWERS)
    answers = Counter(template.answer.print(template.solve(p), words) for _, p in draws)
    # A share of 17.5% here keeps it under 20% in other draws of this size (2.5 standard errors).
    assert answers.most_common(1)[0][1] < 0.175 * ANSWERS
    assert len(answers) >= 8 or template.answer.name == "text"


@every
def test_kin_are_identifiers(name: str) -> None:
    for kin in templates()[name].kin:
        assert kin.startswith("test/") and kin.endswith(".json")
