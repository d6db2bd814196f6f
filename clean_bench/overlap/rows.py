"""The rows of an overlap: their columns, how one is made, and what is derived from its texts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pyarrow as pa

from clean_bench.overlap.match import OverlapMatch, compare_texts, counts_masked, problem_ngrams
from clean_bench.results import schema_of
from clean_bench.text.normalize import normalize, without_drawings
from clean_bench.text.tokenizer import content_spans, content_tokens, mask_numerals

KIND = "overlap"
TABLE = "hits"
WITHIN = "within"
LONGEST = 4000
"""Characters of a training text that are kept at most."""
MOST_ROWS = 10
"""Training rows that are named for one problem at most."""

SCHEMA = pa.schema(
    [
        *schema_of("set string, index int32, problem_id string, kind string, exact bool"),
        *schema_of("share double, masked_share double, training_row int64, training_id string"),
        ("hits", pa.int64()),
        ("hit_rows", pa.list_(pa.int64())),
        *schema_of("problem string, excerpt string, cut bool"),
    ]
)
"""One row per benchmark problem that shares an n-gram with a training row, set by set, in their order.

`index` is the problem's place in its set, from 0. `kind` is the strongest kind of hit, null where the
shares are below the threshold. `exact`, `share` and `masked_share` are of the most similar training row
(the first of equal ones), which `training_row` and `training_id` name. `hits` counts the training rows
that hit, and `hit_rows` has the first of them, the most similar one in front. `excerpt` is the text of
the most similar row, from its first matched token to its last where these alone give the same shares.
`cut`: that text is longer than what is kept.

The table `within` has the same columns; its training rows are the other problems of the set.
"""


def row_of(problem: str, text: str, n: int) -> dict[str, Any]:
    """The columns of a row that follow from the two texts."""
    match = compare_texts(problem, text, n)
    excerpt, cut = _excerpt(problem, text, n, match)
    return {**judged(match), "problem": problem, "excerpt": excerpt, "cut": cut}


def judged(match: OverlapMatch) -> dict[str, Any]:
    """A match as columns."""
    return {"kind": match.kind, **asdict(match)}


def first_tokens(problem: str, n: int) -> set[tuple[str, ...]]:
    """The possible beginnings of an excerpt: the masked n-grams of a problem, or all of a short one."""
    masked = mask_numerals(content_tokens(problem))
    return set(problem_ngrams(masked, n)) or {tuple(masked)}


def _excerpt(problem: str, text: str, n: int, match: OverlapMatch) -> tuple[str, bool]:
    """The part of the text that is kept, and whether it was cut.

    Drawings and the frame are left out, and characters are those of `normalize`. A problem inside a
    longer text is kept with one more token: alone it would be an exact hit.
    """
    text = without_drawings(normalize(text))
    places = list(content_spans(text))
    first, last = _span(problem, [token for token, _, _ in places], n)
    for begin, end in ((first, last), (first, last + 1), (first - 1, last)):
        if begin >= 0 and end < len(places):
            piece = text[places[begin][1] : places[end][2]]
            if len(piece) <= LONGEST and compare_texts(problem, piece, n) == match:
                return piece, False
    if len(text) <= LONGEST:
        return text, False
    begin = places[first][1]
    ends = [end for _, _, end in places[first : last + 1] if end <= begin + LONGEST]
    # After the dots a first word such as `problem:` is not removed as a frame.
    return "... " + text[begin : ends[-1] if ends else begin], True


def _span(problem: str, tokens: list[str], n: int) -> tuple[int, int]:
    """The first and the last of a text's tokens that are part of an n-gram of the problem."""
    of_problem = content_tokens(problem)
    masked_problem, masked = mask_numerals(of_problem), mask_numerals(tokens)
    if masked_problem == masked:
        return 0, len(tokens) - 1
    plain_ngrams = set(problem_ngrams(of_problem, n))
    masked_ngrams = set(filter(counts_masked, problem_ngrams(masked_problem, n)))
    size = min(n, len(of_problem))
    matched = [
        i
        for i in range(len(tokens) - size + 1)
        if tuple(tokens[i : i + size]) in plain_ngrams
        or tuple(masked[i : i + size]) in masked_ngrams
    ]
    return matched[0], matched[-1] + size - 1
