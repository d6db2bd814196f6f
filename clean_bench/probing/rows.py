"""The tables of a probe: `probes`, one row per problem and prefix; `statistics`, one row per number.

The greedy completion of a prefix is a sample (`clean_bench.samples`) under the template
`prefix@FRACTION`: its prompt is the prefix, its gold answer the true suffix, its grade the exact match.
A test that makes other completions stores them under templates of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from clean_bench.results import schema_of

KIND = "probe"
TABLE = "probes"
STATISTICS = "statistics"
TOO_LONG = "longer than the model's context"
"""The reason why a row is not scored, beside those of `cut`."""
SHORT = 8
"""A suffix of fewer words is weak evidence: it can be guessed, or copied from another problem."""
LOOKUP = "lookup"
"""The table of further texts of the look-up baseline, one per row, in their order."""
LOOKUP_SCHEMA = schema_of("text string")
VARIANTS, PARAPHRASES = "variants", "paraphrases"
"""Tables of the versions of the problems, one shard per set, and the entries of the configuration that
describe those sets."""

SCHEMA = schema_of(
    "set string, index int32, problem_id string, fraction double, offset int32, reason string,"
    "aligned bool, suffix_tokens int32, short_suffix bool, lookup_completion string"
)
"""Rows in the order of decoding, the shortest suffixes first.

`index` is the problem's place in its set, from 0. `offset` is where the text is cut, in characters.
`reason`: why a row was not scored; the columns after it are then null. `aligned`: the tokens of the
prefix begin the tokens of the whole problem. This one and `suffix_tokens` are null where a server does
not encode texts. `lookup_completion` is the completion that the look-up baseline gives.
"""


class Value(NamedTuple):
    """One number that a test measured.

    Columns:
        set, problem_id: the problem; the id is empty for a number about the whole set.
        test: the name of the test (a key of `clean_bench.probing.tests.TESTS`).
        prefix: the fraction shown; None for a test of whole problems.
        statistic: what is measured, as the test's docstring defines it. True is 1, false is 0.
        value: the number, finite.
    """

    set: str
    problem_id: str
    test: str
    prefix: float | None
    statistic: str
    value: float


VALUES_SCHEMA = schema_of(
    "set string, problem_id string, test string, prefix double, statistic string, value double"
)


def values_table(values: Iterable[Value]) -> pa.Table:
    """Values as a table in the columns of `VALUES_SCHEMA`."""
    rows = list(values)
    columns = zip(*rows, strict=True) if rows else [[] for _ in VALUES_SCHEMA.names]
    return pa.table(
        {name: list(column) for name, column in zip(VALUES_SCHEMA.names, columns, strict=True)},
        VALUES_SCHEMA,
    )


def template_of(fraction: float) -> str:
    """The template of the samples of a prefix."""
    return f"prefix@{fraction:g}"


def most_tokens(suffix: str, suffix_tokens: int | None) -> int:
    """The limit of the tokens of a completion.

    Room for another tokenization of the same text, and to see whether the model stops. A text has at
    most one token per byte.

    Args:
        suffix_tokens: the tokens of the suffix; None where a server does not encode texts.
    """
    known = suffix_tokens or 0
    return (known or len(suffix.encode("utf-8", "replace"))) + max(8, known // 4)
