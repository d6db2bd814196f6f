r"""Read gold answers as they are published: the one place that does.

`read_gold(text)` gives the acceptable answers of a gold text, mostly one. Forms, in order:

1. a JSON list of texts or numbers, `["5", "five"]`: several acceptable answers, as inspect_ai and
   lm-eval store them. Python's `['5', 'five']` is read too, because lm-eval writes `str(list)`;
2. GSM8K: the text after the last `####`, without thousands commas;
3. a worked solution with a box (MATH, NuminaMath, Minerva): the last complete box, with the boxes
   that are joined to it (`clean_bench.grading.extraction`). Boxes joined by "or" are two forms of one
   answer in most solutions and two values in some: the joined text and the last box are accepted;
4. a worked solution that ends in "the answer is X": X;
5. anything else is the answer itself.

`gold_text` gives the gold text of a stored value: a text, a number, a list, an object with the answer.
`unreadable_gold` gives the reason why a text is none of these: an empty answer, or a solution without
a marked answer. Whoever reads gold answers from a file reports it: such a row must not be graded
different.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from clean_bench.grading.extraction import boxed_answer, last_box, locate

_HASHES = "####"
_LONGEST_LIST = 20_000
"""Characters of a list of answers that is read; a longer text is one answer."""
_MOST_ANSWERS = 1_000
_BAD_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[^\\'\"abfnrtvxuUN0-7]")
"""A backslash that Python would warn about: `str(list)` never writes one."""
_MATH = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|\\\(.*?\\\)|\\\[.*?\\\]|<<[^>]*>>", re.DOTALL)
_COMMAND = re.compile(r"\\(?:text|mbox|textrm|mathrm|textbf|operatorname)\s*\{[^{}]*\}|\\[A-Za-z]+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_INSIDE = ("ground_truth", "answer", "gold", "target", "value")
"""Keys of the answer in an object: verl's reward model, and answers with further facts."""
_MOST_WORDS = 12
"""Words of a text answer. A text with more is a solution."""
_MOST_WORDS_OF_LINES = 6
"""The same for a text of several lines."""


def gold_text(value: object) -> str | None:
    """The gold text of a stored value; None for null, and for a value that holds no answer.

    A whole float loses its `.0`. A list has several acceptable answers and becomes a JSON list; nulls in
    it are left out. Of an object, the answer is the first of `_INSIDE` that is not null.
    """
    if hasattr(value, "tolist"):  # numpy arrays and scalars
        value = value.tolist()
    if isinstance(value, Mapping):
        value = next((value[key] for key in _INSIDE if value.get(key) is not None), None)
        return None if isinstance(value, Mapping) else gold_text(value)
    if isinstance(value, list | tuple):
        texts = [gold_text(entry) for entry in value if entry is not None]
        known = [text for text in texts if text is not None and text.strip()]
        return several_golds(tuple(known)) if known and len(known) == len(texts) else None
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if not math.isfinite(value):
        return None
    return str(int(value)) if value == int(value) else str(value)


def read_gold(text: str) -> tuple[str, ...]:
    """The acceptable answers of a gold text; the text itself where it is not read otherwise."""
    # The answers of most sets are short and have none of the marks; this decides within a microsecond.
    if len(text) < 40 and "\\" not in text and "#" not in text and "[" not in text:
        return (text,)
    return _read(text) or (text,)


def unreadable_gold(text: str) -> str | None:
    """Why no answer can be read from a gold text, such as "a solution of 83 words"; None if one can."""
    if not text.strip():
        return "an empty text"
    if len(text) < 40 and "\\" not in text and "#" not in text and "[" not in text:
        return None
    answers = _read(text)
    if answers and all(answer.strip() for answer in answers):
        return None
    words = _prose_words(text)
    if _HASHES in text or last_box(text) is not None:
        return "a solution whose marked answer is empty"
    return f"a solution of {words} words without a box, '####' or 'answer is'"


def after_hashes(text: str) -> str | None:
    """The answer after GSM8K's last `####`, without thousands commas; None without the mark."""
    if _HASHES not in text:
        return None
    return text.rsplit(_HASHES, 1)[1].replace(",", "")


def several_golds(answers: tuple[str, ...]) -> str:
    """Acceptable answers as one gold text that `read_gold` reads back."""
    return answers[0] if len(answers) == 1 else json.dumps(answers, ensure_ascii=False)


@lru_cache(maxsize=1 << 14)
def _read(text: str) -> tuple[str, ...] | None:
    """The acceptable answers, or None where the text is a solution without a marked answer."""
    entries = _list(text)
    if entries:
        return tuple(dict.fromkeys(answer for entry in entries for answer in read_gold(entry)))
    answer = after_hashes(text)
    if answer is not None:
        return (answer.strip(),) if answer.strip() else None
    boxed = boxed_answer(text)
    if boxed is not None:
        last = last_box(text) or ""
        answers = dict.fromkeys([boxed, last] if " or " in boxed else [boxed])
        return tuple(answers) if boxed else None
    if not _is_solution(text):
        return (text,)
    extraction = locate(text, bare=False)
    return (extraction[0],) if extraction else None


def _list(text: str) -> list[str]:
    """The entries of a list of texts or numbers with a text among them; empty for any other text."""
    stripped = text.strip()
    if len(stripped) > _LONGEST_LIST or stripped[:1] != "[" or stripped[-1:] != "]":
        return []
    if stripped[1:2] not in ("'", '"'):  # `[5, 6]` is an interval
        return []
    if stripped[1] == "'" and _BAD_ESCAPE.search(stripped):
        return []
    try:
        values = json.loads(stripped) if stripped[1] == '"' else ast.literal_eval(stripped)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    if not isinstance(values, list) or not 0 < len(values) <= _MOST_ANSWERS:
        return []
    entries = [value if isinstance(value, str) else str(value) for value in values]
    plain = all(isinstance(value, str | int | float) for value in values)
    return entries if plain and all(entry.strip() for entry in entries) else []


def _prose_words(text: str) -> int:
    return len(_WORD.findall(_COMMAND.sub(" ", _MATH.sub(" ", text))))


def _is_solution(text: str) -> bool:
    most = _MOST_WORDS_OF_LINES if "\n" in text.strip() else _MOST_WORDS
    return _prose_words(text) > most
