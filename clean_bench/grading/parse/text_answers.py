r"""Answers parsed from their text instead of tokens: choices, number bases, words and times.

Unmarked letters are words if a run has four letters or more, or is a known short word; other runs are
products of variables. Words are compared without case. One word that is a number is that number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from clean_bench.grading.parse import interval_notation
from clean_bench.grading.parse.answer_types import (
    Answer,
    Choice,
    Hedge,
    List,
    Set,
    Text,
    Value,
    flat,
)
from clean_bench.grading.parse.dates import date
from clean_bench.grading.parse.notation import NOTATION, word_set

Reader = Callable[[str], Answer]

_EMPTY_SET = frozenset(NOTATION["phrases"]["empty_set"])
_REALS = frozenset(NOTATION["phrases"]["real_numbers"])
_NUMBERS = {name: number for number, name in enumerate(NOTATION["words"]["numbers"].split())}
_SCALES = NOTATION["units"]["scales"]
_NAME = r"(?P<base>[0-9]{1,2}|[a-z]+)"
_BASE = re.compile(
    r"(?P<sign>-?) ?\(?(?:\\text ?\{ ?)?(?P<digits>[0-9A-Fa-f]+)[ })]*_ ?(?:\{ ?)?(?:\\text ?\{ ?)?"
    rf"(?:base ?\}}? ?)?{_NAME}[ }}]*"
)
_SPOKEN_BASE = re.compile(
    r"(?P<sign>-?) ?(?P<digits>[0-9A-F]+)[ ,(]*(?:\\text ?\{)?[ (in]*base[ -]"
    rf"{_NAME}[ }})]*"
)
_LETTERS = re.compile(r"[^\W\d_][\w' .,;:&/-]*", re.ASCII)
_CHOICE = re.compile(
    r"(?:(?P<open>[(\[])\s*(?P<inner>[A-Za-z])\s*[)\]]|(?P<bare>[A-Z])\s*[).:])\.?"
)
_CHOICE_TEXT = re.compile(r"(?:\(\s*([A-Z])\s*\)|([A-Z])\s*[).:](?= ))\s*(?P<content>\S.*)", re.S)
_LABEL_TEXT = re.compile(r"(?:the )?(?:final )?(?:answer|option|choice)(?: is)?:? ", re.IGNORECASE)
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}\b")
_SHORT_WORDS = word_set("short_words")
_MATHEMATICAL = word_set("mathematical")


def special(text: str, explicit: bool, read: Reader) -> Answer | None:
    """The choice, date, number with a base, words or time that the text is, or None."""
    labelled = _LABEL_TEXT.match(text)
    choice = _CHOICE.fullmatch(text[labelled.end() :] if labelled else text)
    if choice:
        return Choice(choice["inner"] or choice["bare"], None)
    inner = re.fullmatch(r"\\text ?\{ ?(\(?[A-Z]\)?[.:]?) ?\}(.*)", text, re.S)
    if inner and (inner[2].strip() or explicit):
        text = f"({inner[1].strip('().: ')}) {inner[2].strip()}"
    choice = _CHOICE_TEXT.fullmatch(text)
    if choice and (choice[1] or choice[2]) in "ABCDEFGHIJ" and " " in text:
        content = choice["content"]
        if re.match(r"(?:\\text ?\{)? ?(?:\(? ?or\b|and\b|,|/|\([A-Z]\)|[A-Z]\s*[).:])", content):
            return None
        if not content.startswith(("+", "-", "=", "^", "<", ">", "\\c", "/", "*")):
            return Choice(choice[1] or choice[2], read(content))
    day = date(text)
    if day is not None:
        return day
    based = number_in_base(text)
    if based is not None:
        return based
    if _LETTERS.fullmatch(text) and (explicit or _all_words(text)):
        return _phrase(text, read)
    if _TIME.match(text) or re.match(r"[0-9]{1,2}\\text ?\{ ?:", text):
        return Text(_folded(text))
    return None


def number_in_base(text: str) -> Value | None:
    """A number whose text states its base: 52_8, 101_{\\text{two}}, 11 base 2; else None."""
    if text.startswith(("0x", "0X")) and re.fullmatch("[0-9A-Fa-f]{1,64}", text[2:]):
        digits = text[2:].upper().lstrip("0") or "0"
        return Value(("sym", f"0x{digits}"))
    based = _BASE.fullmatch(text) if "_" in text else None
    if based is None and "base" in text:
        based = _SPOKEN_BASE.fullmatch(text)
    if not based or not re.search("[0-9]", based["digits"]):
        return None
    base = int(based["base"]) if based["base"].isdigit() else _NUMBERS.get(based["base"])
    if base is None or not (base > 10 or based["digits"].isdigit()):
        return None
    digits = based["sign"] + (based["digits"].upper().lstrip("0") or "0")
    return Value(("sym", f"{digits}_{base}"), base=base, digits=digits)


def _all_words(text: str) -> bool:
    """Whether unmarked letters are words, not products of variables."""
    if any(joint in f" {text} " for joint in (" or ", " and ", ",")):
        return False
    runs = re.findall(r"[A-Za-z]+", text)
    if not any(len(run) > 3 or run.lower() in _SHORT_WORDS for run in runs) or "/" in text:
        return False
    return not any(run in _MATHEMATICAL or run[:-1] == "sqrt" for run in runs) and not (
        len(runs) == 1 and len(runs[0]) < 6 and runs[0][:3] in ("sin", "cos", "tan", "cot", "log")
    )


def _phrase(text: str, read: Reader) -> Answer:
    folded = _folded(text)
    if folded in _EMPTY_SET:
        return Set(())
    if folded in _REALS:
        return interval_notation.everything()
    if folded in _NUMBERS:
        return Value(("num", Fraction(_NUMBERS[folded])))
    scaled = _spelled_out(folded)
    if scaled is not None:
        return Value(("num", scaled))
    if folded in ("infinity", "positive infinity"):
        return Value(("sym", "oo"))
    if folded == "negative infinity":
        return Value(("neg", ("sym", "oo")))
    for word, kind in ((r"\bor\b", Hedge), (r",|;|\band\b", List)):
        parts = [part for part in re.split(word, text) if part.strip()]
        if len(parts) > 1:
            read_parts = tuple(read(part.strip()) for part in parts)
            return Hedge(read_parts) if kind is Hedge else List(flat(read_parts))
    labelled = _LABEL_TEXT.match(text)
    if labelled and text[labelled.end() :].strip():
        return read(text[labelled.end() :])
    return Text(folded)


def _spelled_out(folded: str) -> Fraction | None:
    """The number of a scale word with at most a number before it: dozen, half a dozen, two hundred."""
    before, _, scale = folded.rpartition(" ")
    if scale not in _SCALES:
        return None
    times = {"": Fraction(1), "half a": Fraction(1, 2)}.get(before, _NUMBERS.get(before))
    return None if times is None else Fraction(_SCALES[scale] * times)


def words(text: str) -> Text | None:
    """Words mixed with numbers (July 4) as Text, or None."""
    plain = re.sub(r"\\text ?\{([^{}]*)\}", r" \1 ", text)
    if re.fullmatch(r"[\w\s.,:;'&-]*", plain) and re.search(r"[^\W\d_]{3}", plain):
        return Text(_folded(plain))
    return None


def foreign_word(text: str) -> Text:
    """A word of another script as Text."""
    return Text(_folded(text))


def _folded(text: str) -> str:
    plain = re.sub(r"\\text ?\{([^{}]*)\}", r" \1 ", text)
    plain = re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", plain.casefold())
    plain = re.sub(r"(?<=[0-9]) *: *(?=[0-9])", ":", plain)
    plain = re.sub(r"^ *0(?=[0-9]:)|^(?:an?|the) (?=\w)", "", plain)
    plain = re.sub(r"[^\w:]+", " ", plain).strip()
    return re.sub(r"\b(north|south) (east|west)\b", r"\1\2", plain)
