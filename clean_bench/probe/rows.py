"""The rows of a probe: their columns, and what is derived from the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from clean_bench.probe.suffix_match import compare_suffix

KIND = "probe"
TABLE = "probes"
PROTOCOL = "words"
TOO_LONG = "longer than the model's context"
SHORT = 8
"""A suffix of fewer words says little: it can be guessed, or copied from another problem."""

SCHEMA = pa.schema(
    [
        ("set", pa.string()),
        ("index", pa.int32()),
        ("problem_id", pa.string()),
        ("role", pa.string()),
        ("dose", pa.int32()),
        ("fraction", pa.float64()),
        ("prefix", pa.string()),
        ("suffix", pa.string()),
        ("offset", pa.int32()),
        ("reason", pa.string()),
        ("aligned", pa.bool_()),
        ("suffix_tokens", pa.int32()),
        ("suffix_logprob", pa.float64()),
        ("completion", pa.string()),
        ("token_ids", pa.list_(pa.int32())),
        ("finish", pa.string()),
        ("short_suffix", pa.bool_()),
        ("exact_raw", pa.bool_()),
        ("exact_match", pa.bool_()),
        ("exact_latex", pa.bool_()),
        ("stops", pa.bool_()),
        ("rouge_l", pa.float64()),
        ("edit_similarity", pa.float64()),
        ("common_prefix", pa.int32()),
        ("floor_completion", pa.string()),
        ("floor_match", pa.bool_()),
    ]
)
"""One row per set, problem and fraction, the shortest suffixes first.

`index` is the problem's place in its set, from 0.
`reason` says why a row was not scored; the columns after it are then null. `aligned`: whether the
prefix's tokens begin the tokens of the whole problem. `suffix_logprob`: natural log of the
probability of the true suffix after the prefix, summed over its `suffix_tokens` tokens. The
columns of the match are those of `suffix_match.SuffixMatch`; `floor_match` is the text level of the
look-up's completion.
"""


def judge(row: Mapping[str, Any]) -> dict[str, Any]:
    """The derived columns of a scored row, from its stored texts alone."""
    suffix = row["suffix"]
    match = compare_suffix(row["completion"], suffix, ended=row["finish"] == "stop")
    return {
        "short_suffix": len(suffix.split()) < SHORT,
        "exact_raw": match.raw,
        "exact_match": match.text,
        "exact_latex": match.latex,
        "stops": match.stops,
        "rouge_l": match.rouge_l,
        "edit_similarity": match.edit_similarity,
        "common_prefix": match.common_prefix,
        "floor_match": compare_suffix(row["floor_completion"], suffix, ended=True).text,
    }
