"""The phrases that mark answers, by language, from `phrases.toml`, and the patterns built from them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

LANGUAGES: dict[str, dict[str, Any]] = tomllib.loads(
    files("clean_bench.grading.extraction").joinpath("phrases.toml").read_text(encoding="utf-8")
)
"""The tables of `phrases.toml`, which states what each key holds."""


_NEGATION = re.compile(r"\b(?:cannot|unable|not|no|insufficient)\b|n['’]t\b", re.IGNORECASE)


class Language(NamedTuple):
    """The patterns of one language.

    `marker` matches up to the answer ("the answer is"); its group "heading" is set where the noun ends
    a line and the answer stands below. `leading` matches one word or phrase before an answer that is no
    part of it. `trailing` lists the texts after an answer that are no part of it, the longest first.
    """

    nouns: tuple[str, ...]
    spaces: bool
    marker: re.Pattern[str]
    leading: re.Pattern[str] | None
    trailing: tuple[str, ...]


def languages_of(lowered: str) -> list[Language]:
    """The languages of which a noun that marks answers occurs in a lower-case text."""
    stems = _stems(lowered.isascii())
    return [language(name) for name in dict.fromkeys([n for stem, n in stems if stem in lowered])]


@cache
def language(name: str) -> Language:
    """The patterns of a language of the table, compiled on first use."""
    table = LANGUAGES[name]
    spaces = table.get("spaces", True)
    word_start, word_end = (r"(?<!\w)", r"(?!\w)") if spaces else ("", "")
    space = r"\s{1,8}" if spaces else r"\s{0,8}"
    verb_end = r"(?![^\W\d_])" if spaces else ""
    gap = ""
    if "gaps" in table:
        gap = (
            rf"(?:,?{space}(?:{alternatives(table['gaps'])}){word_end}[^.!?。\n:：=\"“]{{0,60}}?)?"
        )
    bare = r"|\s{0,8}(?=[-−+$(\\A-J]|[0-9०-९০-৯౦-౯])" if table.get("bare") else ""
    marker = re.compile(
        rf"{word_start}(?:{alternatives(table['nouns'])}){word_end}[*_\"”»]{{0,3}}"
        r"(?:(?P<heading>[*_:：#. \t]{0,8}(?:[ ][^\W\d_]{1,15}[*_:： \t]{0,4})?\n)"
        rf"|{gap}(?:\s{{0,8}}[:：=]|\s{{0,4}}(?:→|⇒|->|=>|[-–—]{{1,2}}\s)"
        rf"|{space}(?:{alternatives(table['verbs'])}){verb_end}){bare})",
        re.IGNORECASE,
    )
    leading = None
    if table.get("leading"):
        leading = re.compile(rf"(?:{alternatives(table['leading'])}){word_end}", re.IGNORECASE)
    trailing = tuple(sorted(table.get("trailing", ()), key=len, reverse=True))
    return Language(tuple(table["nouns"]), spaces, marker, leading, trailing)


@cache
def starts_with(key: str) -> re.Pattern[str]:
    """Matches the start of a sentence that begins with an entry of `key` in any language."""
    texts = [text for table in LANGUAGES.values() for text in table.get(key, ())]
    return re.compile(rf"[\s*_#>(]{{0,8}}(?:{alternatives(texts)})(?![a-z])", re.IGNORECASE)


def declines(sentence: str) -> bool:
    """Whether a sentence declines to answer."""
    return bool(
        starts_with("refusals").match(sentence)
        or (starts_with("apologies").match(sentence) and _NEGATION.search(sentence))
    )


@cache
def words_of(key: str) -> frozenset[str]:
    """The entries of `key` in all languages."""
    return frozenset(text for table in LANGUAGES.values() for text in table.get(key, ()))


def alternatives(texts: Sequence[str]) -> str:
    """A pattern of the texts, the longest first."""
    return "|".join(map(re.escape, sorted(texts, key=len, reverse=True)))


@cache
def _stems(ascii_only: bool) -> list[tuple[str, str]]:
    """The shortest nouns with their languages: a noun that holds another one is left out."""
    return [
        (noun, name)
        for name, table in LANGUAGES.items()
        for noun in table["nouns"]
        if not any(other in noun for other in table["nouns"] if other != noun)
        and (noun.isascii() or not ascii_only)
    ]
