"""Features of single completions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from clean_bench.behaviors.repetition import repeated_ngrams, repeats
from clean_bench.behaviors.source import StoredSamples
from clean_bench.behaviors.unicode_scripts import CJK, LATIN, letters_by_script, second_share
from clean_bench.grading import last_box
from clean_bench.results import schema_of
from clean_bench.text import contains_python

TABLE = "features"
SIDES = ("before", "after")
KEY = schema_of(
    "side string, set string, template string, step int32, problem_id string, mode string, index int32"
)
"""The columns that name a completion in the tables of behaviors."""
_MEASURED = schema_of(
    "seed int64, score double, code bool, boxed bool, truncated bool, tokens int32, characters int32,"
    "repeats bool, repeated_4grams double, distinct_2grams double, letters int32, cjk_letters int32,"
    "other_letters int32, second_script double, probability double"
)
SCHEMA = pa.schema([*KEY, *_MEASURED])
r"""All but `score` and `boxed` are of what the checkpoint itself wrote: a forced beginning that names
Python is not code reasoning. `code`: "python" occurs. `boxed`: the last complete `\boxed{}` of the
response is not empty, the format reward of *Spurious Rewards*. `truncated`: the token limit ended it.
`tokens` includes the end token. These two and `seed` are null where they are not known. `repeats` and
the n-gram shares are over words between white space (see `repetition`). `letters`: letters of words,
those in CJK scripts and those in neither CJK nor Latin, and the share of all but the most frequent
script (see `unicode_scripts`). `probability`: mean over tokens of the probability of the chosen token;
null without tokens."""

Row = dict[str, Any]


def feature_rows(side: str, stored: StoredSamples) -> list[Row]:
    """The rows of `SCHEMA` of all samples, in order; a pure function of what is stored."""
    rows = []
    for part, sample in stored.samples():
        text = stored.text(sample)
        words, letters = text.split(), letters_by_script(text)
        chances = np.minimum(np.exp(np.asarray(sample.logprobs, dtype=np.float64)), 1)
        rows.append(
            {
                "side": side,
                **part._asdict(),
                "problem_id": sample.problem_id,
                "mode": sample.mode,
                "index": sample.index,
                "seed": None if stored.imported else sample.seed,
                "score": sample.score(),
                "code": contains_python(text),
                "boxed": bool(last_box(sample.response)),
                "truncated": None if sample.finish == "unknown" else sample.finish == "length",
                "tokens": len(sample.token_ids) if stored.has_tokens else None,
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
        )
    return rows
