r"""Parse an answer into its type and parts (`answer_types`).

From the outside in: alternatives (`or`), several answers (`,`, `and`), unions, relations, brackets,
scalars. A text that cannot be parsed is `Text` if it consists of words, else `Unread`.
"""

from __future__ import annotations

import dataclasses
import re
from fractions import Fraction
from functools import lru_cache, partial

from clean_bench.grading.expr import has, replace, symbols
from clean_bench.grading.parse import interval_notation, number_sets, units
from clean_bench.grading.parse.answer_types import (
    Answer,
    Hedge,
    Labelled,
    List,
    Ratio,
    Region,
    Set,
    Square,
    Tuple,
    Unread,
    Value,
    flat,
)
from clean_bench.grading.parse.approximations import approximation
from clean_bench.grading.parse.conditions import as_list, noun_before
from clean_bench.grading.parse.congruences import congruence, has_modulus
from clean_bench.grading.parse.derivatives import may_have_derivatives, with_derivatives
from clean_bench.grading.parse.environments import with_systems
from clean_bench.grading.parse.expressions import parse
from clean_bench.grading.parse.labels import label_of
from clean_bench.grading.parse.latex_lexer import Token, Unreadable, tokens
from clean_bench.grading.parse.matrices_sets import matrix, matrix_rows, set_algebra
from clean_bench.grading.parse.normalize_latex import clean
from clean_bench.grading.parse.plus_minus import both_signs, radians
from clean_bench.grading.parse.relations import RELATIONS, named_value, relation
from clean_bench.grading.parse.split_top_level import OPENING, outside, split, step, top, word_of
from clean_bench.grading.parse.text_answers import foreign_word, number_in_base, special, words
from clean_bench.grading.parse.vectors import in_angles, transpose, transposed
from clean_bench.grading.parse.written_forms import written_form

_ALTERNATIVE = {"or", "\\lor"}
_JOINT = {",", ";", "and", "\\land", "&", "\\\\"}
_SET_SIGNS = {"\\cup", "\\cap", "\\setminus"}
_FORMULA = re.compile(r"\\(?:sum|prod|lim|i{0,2}int|oint)(?![A-Za-z])")
_ANSWER_IS = re.compile(
    r"\s*(?:the )?(?:final )?answer(?: is)?\s*:?\s*|\s*the (?!(?:\w+ )*(?:not|no) )[a-z ]{2,40} is:?\s*",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\s*(?:approximately|approx\.?|about|around|roughly|nearly)\s*", re.IGNORECASE)
_FOR_ALL = re.compile(r"\s*,?\s*(?:for\s+(?:all|any|each|every)\b|\\forall)")
_QUOTED = re.compile(r"""\s*(?:["“]|``)([^"“”$\\{}`]+)(?:["”]|'')\.?\s*""")
_SET_WORDS = ("all", "any", "every", "integer", "number", "real")
_LEADING = frozenset({"\\therefore", "\\to", "\\quad", "\\approx", "="})
_MAX_TEXTS = 20
_MAX_CACHED = 100
"""Most characters of a text whose parse is cached; this bounds the memory of the cache."""


def parse_answer(text: str) -> Answer:
    """The typed answer of a text. Never raises; the time is about linear in its length."""
    return _cached(text) if len(text) <= _MAX_CACHED else _read(clean(text), False)


@lru_cache(maxsize=4096)
def _cached(text: str) -> Answer:
    quoted = _QUOTED.fullmatch(text)
    return _read(clean(quoted[1] if quoted else text), quoted is not None)


def _read(text: str, explicit: bool) -> Answer:
    if text.startswith("\\text"):
        whole = re.fullmatch(r"\\text ?\{([^{}$\\]*)\} ?\.?", text)
        if whole:
            return _read(clean(whole[1]), True)
    try:
        if text.count("\\text") > _MAX_TEXTS:
            raise Unreadable
        answer = None
        if any(word in text for word in _SET_WORDS):
            answer = number_sets.in_words(text, parse_answer)
        if answer is None:
            answer = special(text, explicit, parse_answer)
        return answer if answer is not None else _structure(_tokens(text))
    except Unreadable:
        pass
    return words(text) or Unread(re.sub(r"\s+", "", text), _FORMULA.search(text) is not None)


def _tokens(text: str) -> list[Token]:
    """The tokens of a whole answer, with derivatives and environments in one notation each."""
    found = tokens(text)
    if may_have_derivatives(text):
        found = with_derivatives(found)
    return with_systems(found) if "\\begin" in text else found


def _structure(text: list[Token]) -> Answer:
    text = _stripped(text)
    if not text:
        raise Unreadable
    if has_modulus(text):
        residues = congruence(text, label_of)
        if residues is not None:
            return residues
    condition = _set_builder(text)
    if condition is not None:
        return condition
    row = transposed(text)
    if row:
        column = transpose(_structure(row))
        if column is not None:
            return column
    angled = in_angles(text)
    if angled:
        return Tuple(tuple(map(_structure, split(angled, {","}))), False)
    if len(text) > 1 and text[0].text in OPENING:
        whole = _bracketed(text)
        if whole is not None:
            return whole
    here = outside(text)
    if not here.isdisjoint(_ALTERNATIVE):
        return _alternatives(split(text, _ALTERNATIVE))
    items = as_list(text)
    if items is not text:
        text, here = items, outside(items)
    if not here.isdisjoint(_JOINT):
        return _several(_excluded([part for part in split(text, _JOINT) if part]))
    if "\\approx" in here:
        cuts = top(text, {"\\approx"})
        return approximation(text, cuts, _structure, partial(named_value, read=_structure))
    if not here.isdisjoint(RELATIONS):
        return relation(text, top(text, RELATIONS.keys()), _structure, _value)
    if "\\}" in here:
        text = _with_differences(text)
        here = outside(text)
    if not here.isdisjoint(_SET_SIGNS):
        return set_algebra(text, _structure)
    table = matrix(text, _structure)
    if table is not None:
        return table
    noun = noun_before(text) if text[0].kind in ("text", "word") else None
    if noun is not None:
        return Labelled(noun[0], _structure(noun[1]), None)
    if ":" in here:
        return Ratio(tuple(_value(part) for part in split(text, {":"})))
    return _scalar(text)


def _stripped(text: list[Token]) -> list[Token]:
    """Without signs such as `=`, and words such as "the answer is", before it."""
    while text and text[0].text in _LEADING:
        text = text[1:]
    if text and text[0].kind == "word" and text[0].text.lower() == "either":
        text = text[1:]
    if len(text) > 1 and text[0].kind in ("text", "word"):
        opening = text[0].text
        if _ABOUT.fullmatch(opening) or (text[0].kind == "text" and _ANSWER_IS.fullmatch(opening)):
            text = text[1:]
    if top(text, {"="}) and not _has_parameter(text):
        text = text[: next(filter(partial(_for_all, text), range(len(text))), None)]
    return [token for token in text if token.kind != "text" or token.text.strip(" .,;")
            or token.text.strip() in (",", ";")]  # fmt: skip


def _has_parameter(text: list[Token]) -> bool:
    """Whether the value of a variable, no function, depends on any integer: x = n\\pi for all n."""
    return text[1].text == "=" and any(
        token.text == "\\in" or "integer" in token.text or token.text == "\\mathbb Z"
        for token in text
    )


def _for_all(text: list[Token], at: int) -> bool:
    """Whether `for all x` begins at this token."""
    if text[at].kind not in ("text", "word", "command"):
        return False
    phrase = " ".join(token.text for token in text[at : at + 2])
    return _FOR_ALL.match(phrase) is not None


def _set_builder(text: list[Token]) -> Region | None:
    """x | x > 3: set-builder notation without braces."""
    bars = sum(token.text == "|" for token in text)
    sides = split(text, {"|"}) if bars == 1 else []
    if len(sides) != 2 or not sides[0] or sides[0][0].kind != "symbol":
        return None
    if len(sides[0]) > 1 and sides[0][1].text != "\\in":
        return None
    condition = _structure(sides[1])
    if isinstance(condition, Region) and condition.variable == sides[0][0].text:
        return condition
    return None


def _bracketed(text: list[Token]) -> Answer | None:
    """The tuple, interval, list or set, if one pair of brackets encloses the whole text."""
    depth = 0
    for at, token in enumerate(text):
        change = step(token)
        depth += change
        if change < 0 and not depth and at < len(text) - 1:
            return None
    if depth:
        raise Unreadable
    opening, closing, inner = text[0].text, text[-1].text, text[1:-1]
    if opening == "{" and closing == "}":
        return _structure(inner)
    if opening == "\\{":
        return _in_braces(inner) if closing == "\\}" else None
    parts = split(inner, {",", ";"})
    if opening == "\\langle" and closing == "\\rangle":
        return Tuple(tuple(_structure(part) for part in parts), False)
    if len(parts) == 1:
        if opening == "(" and closing == ")":
            items = _structure(inner)
            return None if isinstance(items, Value) else items
        if (opening, closing) == ("[", "]") and inner and inner[0].text.startswith("\\begin "):
            return _structure(inner)
        if (opening, closing) != ("[", "]"):
            return None
        item = _structure(inner)
        return matrix_rows((item,)) if isinstance(item, Square | Tuple) else List((item,))
    items_read = tuple(_structure(part) for part in parts)
    if opening == closing.replace("]", "[") == "[" and all(part[0].text == "[" for part in parts):
        return matrix_rows(items_read)
    if opening == "(" and closing == ")":
        return Tuple(items_read, True)
    if len(parts) == 2 and all(isinstance(item, Value) for item in items_read):
        low, high = items_read
        assert isinstance(low, Value) and isinstance(high, Value)
        if (opening, closing) == ("[", "]"):
            return Square((low, high))
        if opening in "([" and closing in ")]":
            return interval_notation.interval(low.tree, opening == "(", high.tree, closing == ")")
    if (opening, closing) == ("[", "]"):
        return Tuple(items_read, False, square=True)
    raise Unreadable


def _in_braces(inner: list[Token]) -> Answer:
    if not inner:
        return Set(())
    for bar in ("|", ":"):
        sides = split(inner, {bar})
        if len(sides) == 2:
            condition = _structure(sides[1])
            if isinstance(condition, Region):
                return condition
            raise Unreadable
    parts = split(inner, {",", ";"})
    items = flat(tuple(_structure(part) for part in parts))
    if len(items) == 1 and isinstance(items[0], Region):
        return items[0]
    if items and all(isinstance(item, Labelled) for item in items):
        return List(items)  # the solution of a system, \{x = 1, y = 2\}
    return Set(items)


def _alternatives(parts: list[list[Token]]) -> Answer:
    parts = [part[1:] if part and part[0].text in (",", ";") else part for part in parts]
    parts = [part[:-1] if part and part[-1].text in (",", ";") else part for part in parts]
    if not all(parts):
        raise Unreadable
    items = tuple(_structure(part) for part in parts)
    region = interval_notation.union(items)
    if region is not None:
        return region
    single = flat(items)
    labels = {item.label if isinstance(item, Labelled) else None for item in single}
    if len(labels) == 1 and None not in labels:
        return List(single)
    if isinstance(single[0], Labelled) and all(isinstance(item, Value) for item in single[1:]):
        return Hedge((single[0].value, *single[1:]))
    return Hedge(items)


def _with_differences(text: list[Token]) -> list[Token]:
    r"""The tokens with `\\setminus` for a minus or a slash before a set: \mathbb{R} - \{1\}."""
    result = list(text)
    for at in top(text, {"-", "/"}):
        if at and text[at + 1 : at + 2] and text[at + 1].text == "\\{":
            result[at] = Token("command", "\\setminus")
    return result


def _excluded(parts: list[list[Token]]) -> list[list[Token]]:
    r"""x \ne 1, 4 as x \ne 1, x \ne 4."""
    cuts = top(parts[0], {"\\ne"}) if parts else []
    if len(cuts) != 1 or any(not outside(part).isdisjoint(RELATIONS) for part in parts[1:]):
        return parts
    start = parts[0][: cuts[0] + 1]
    return [parts[0], *([*start, *part] for part in parts[1:])]


def _several(parts: list[list[Token]]) -> Answer:
    if not parts:
        raise Unreadable
    items = tuple(_structure(part) for part in parts)
    if len(items) == 1:
        return items[0]
    region = interval_notation.intersection(items, named=True)
    if region is not None:
        return region
    if any(isinstance(item, Hedge) for item in items):
        raise Unreadable
    items = flat(items)
    first = items[0]
    if isinstance(first, Labelled) and all(isinstance(item, Value) for item in items[1:]):
        items = (first, *(Labelled(first.label, item, None) for item in items[1:]))
    return List(items)


def _range(text: list[Token]) -> Value:
    """10 to 20: equal to the range 10-20, and no difference."""
    value = _scalar([text[0], Token("sign", "-"), *text[2:]])
    if not isinstance(value, Value) or not value.written:
        raise Unreadable
    return dataclasses.replace(value, tree=("sym", value.written))


def _value(text: list[Token]) -> Value:
    value = _scalar(text)
    if not isinstance(value, Value):
        raise Unreadable
    return dataclasses.replace(value, written="") if value.written else value


def _scalar(text: list[Token]) -> Answer:
    if not text:
        raise Unreadable
    if len(text) == 1 and text[0].kind == "word" and not text[0].text.isascii():
        return foreign_word(text[0].text)
    if len(text) == 1 and text[0].kind in ("text", "word"):
        return _read(clean(text[0].text), True)
    if len(text) == 1 and text[0].text == "\\emptyset":
        return Set(())
    if text[0].text.startswith("\\mathbb "):
        numbers = number_sets.in_signs(text)
        if numbers is not None:
            return numbers
    if len(text) > 2 and word_of(text[1]) == "to" and text[0].kind == "number":
        return _range(text)
    if text[0].kind == "number" and any(token.text == "_" for token in text):
        based = number_in_base("".join(token.text for token in text))
        if based is not None:
            return based
    rest, unit, percent, scale = units.split_unit(text)
    tree = parse(rest)
    written = written_form(rest) if scale == 1 else ""
    if scale != 1:
        tree = ("mul", tree, ("num", Fraction(scale)))
    if has(tree, "deg"):
        bare = radians(tree)
        if has(bare, "deg"):
            bare = replace(bare, "deg", lambda node: node[1])
            unit = units.degrees(unit)
        tree = bare
    names = symbols(tree)
    if "j" in names and names <= {"j", "pi", "e"} and has(tree, "add"):
        tree = replace(tree, "sym", lambda node: ("sym", "i") if node[1] == "j" else node)
    if has(tree, "pm"):
        return List(tuple(Value(each, unit, percent) for each in both_signs(tree)))
    return Value(tree, unit, percent, written=written)
