"""What is measured on every single completion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from clean_bench.behaviors.repetition import repeated_ngrams, repeats
from clean_bench.behaviors.source import Completion
from clean_bench.behaviors.unicode_scripts import CJK, LATIN, letters_by_script, second_share
from clean_bench.grading.extract import last_box
from clean_bench.text import contains_python

TABLE = "features"
SIDES = ("before", "after")
_KEY = ("set", "template", "problem_id", "mode", "sample")

SCHEMA = pa.schema(
    [
        ("side", pa.string()),
        ("set", pa.string()),
        ("template", pa.string()),
        ("problem_id", pa.string()),
        ("mode", pa.string()),
        ("sample", pa.int32()),
        ("seed", pa.int64()),
        ("correct", pa.bool_()),
        ("code", pa.bool_()),
        ("boxed", pa.bool_()),
        ("truncated", pa.bool_()),
        ("tokens", pa.int32()),
        ("characters", pa.int32()),
        ("repeats", pa.bool_()),
        ("repeated_4grams", pa.float64()),
        ("distinct_2grams", pa.float64()),
        ("letters", pa.int32()),
        ("cjk_letters", pa.int32()),
        ("other_letters", pa.int32()),
        ("second_script", pa.float64()),
        ("probability", pa.float64()),
    ]
)

Row = dict[str, Any]


def features(side: str, completion: Completion) -> Row:
    r"""The row of `SCHEMA` of one completion; a pure function of what is stored.

    All but `correct` and `boxed` are of what the checkpoint wrote itself: a forced beginning that
    names Python is no reasoning in code. `code`: "python" occurs. `boxed`: the last complete
    `\boxed{}` of the response holds something, which is what the format reward of *Spurious Rewards*
    asks for. `truncated`: the token limit ended it. `tokens`
    includes the end token. `repeats` and the n-gram shares over words between white space: see
    `repetition`. `letters` of words, those of CJK and those of neither CJK nor Latin script, and the
    share of all but the most frequent script: see `scripts`. `probability`: mean over tokens of the
    probability that the chosen token had; null for no token.
    """
    text = completion.own
    words, letters = text.split(), letters_by_script(text)
    chances = np.minimum(np.exp(completion.logprobs.astype(np.float64)), 1)
    return {
        "side": side,
        **dict(zip(_KEY, completion.key, strict=True)),
        "seed": completion.seed,
        "correct": completion.correct,
        "code": contains_python(text),
        "boxed": bool(last_box(completion.response)),
        "truncated": completion.finish == "length",
        "tokens": len(completion.token_ids),
        "characters": len(text),
        "repeats": repeats(text),
        "repeated_4grams": repeated_ngrams(words, 4),
        "distinct_2grams": 1 - repeated_ngrams(words, 2),
        "letters": letters.total(),
        "cjk_letters": letters[CJK],
        "other_letters": letters.total() - letters[CJK] - letters[LATIN],
        "second_script": second_share(letters),
        "probability": float(chances.mean()) if len(chances) else None,
    }


def feature_rows(side: str, completions: Iterable[Completion]) -> list[Row]:
    """The rows of completions, in order."""
    return [features(side, completion) for completion in completions]


def to_table(rows: Sequence[Row]) -> pa.Table:
    """Rows as a table in the columns of `SCHEMA`."""
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)
