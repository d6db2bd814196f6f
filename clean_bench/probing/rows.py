"""The statistics of a probe: one row per set, problem and prefix.

The completion that a row is about is a sample (`clean_bench.samples`) under the template
`prefix@FRACTION`: its prompt is the prefix, its gold answer the true suffix, its grade the exact match.
"""

from __future__ import annotations

from typing import Any

from clean_bench.engines.base import Completion
from clean_bench.grading import Grade
from clean_bench.probing.suffix_match import SuffixMatch, compare_suffix
from clean_bench.results import schema_of
from clean_bench.samples import Sample, SampleRequest, storable, to_sample

KIND = "probe"
TABLE = "probes"
PROTOCOL = "words"
TOO_LONG = "longer than the model's context"
"""The reason why a row is not scored, beside those of `cut`."""
SHORT = 8
"""A suffix of fewer words is weak evidence: it can be guessed, or copied from another problem."""
LOOKUP = "lookup"
"""The table of further texts of the look-up baseline, one per row, in their order."""
LOOKUP_SCHEMA = schema_of("text string")
EXTRACTION = "suffix"
"""The rule of extraction of a probe's sample: the whole completion is compared."""

SCHEMA = schema_of(
    "set string, index int32, problem_id string, fraction double, offset int32, reason string,"
    "aligned bool, suffix_tokens int32, suffix_logprob double, short_suffix bool, exact_raw bool,"
    "exact_match bool, exact_latex bool, stops bool, rouge_l double, edit_similarity double,"
    "common_prefix int32, lookup_completion string, lookup_match bool"
)
"""Rows in the order of decoding, the shortest suffixes first.

`index` is the problem's place in its set, from 0. `offset` is where the text is cut, in characters.
`reason`: why a row was not scored; the columns after it are then null. `aligned`: the tokens of
the prefix begin the tokens of the whole problem. `suffix_logprob`: natural log of the probability
of the true suffix after the prefix, summed over its `suffix_tokens` tokens. These three are null
where a server does not give them. The columns of the match are those of `suffix_match.SuffixMatch`;
`lookup_match` is the text level of the completion that the look-up baseline gives.
"""


def template_of(fraction: float) -> str:
    """The template of the samples of a prefix."""
    return f"prefix@{fraction:g}"


def probe_sample(
    request: SampleRequest, completion: Completion, suffix: str
) -> tuple[Sample, SuffixMatch]:
    """The sample of a completion, graded by exact match at the text level, and the whole comparison."""
    text = storable(completion.text)
    match = compare_suffix(text, suffix, ended=completion.finish == "stop")
    return to_sample(request, completion, suffix, grade_of(match, text)), match


def grade_of(match: SuffixMatch, completion: str) -> Grade:
    """The grade of a completion."""
    return Grade("equal" if match.text else "different", completion, EXTRACTION)


def most_tokens(suffix: str, suffix_tokens: int | None) -> int:
    """The limit of the tokens of a completion.

    Room for another tokenization of the same text, and to see whether the model stops. A text has at
    most one token per byte.

    Args:
        suffix_tokens: the tokens of the suffix; None where a server does not encode texts.
    """
    known = suffix_tokens or 0
    return (known or len(suffix.encode("utf-8", "replace"))) + max(8, known // 4)


def statistics_of(match: SuffixMatch, suffix: str, lookup_completion: str) -> dict[str, Any]:
    """The columns of a scored row that follow from its texts."""
    return {
        "short_suffix": len(suffix.split()) < SHORT,
        "exact_raw": match.raw,
        "exact_match": match.text,
        "exact_latex": match.latex,
        "stops": match.stops,
        "rouge_l": match.rouge_l,
        "edit_similarity": match.edit_similarity,
        "common_prefix": match.common_prefix,
        "lookup_completion": lookup_completion,
        "lookup_match": compare_suffix(lookup_completion, suffix, ended=True).text,
    }
