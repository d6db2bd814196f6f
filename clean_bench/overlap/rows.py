"""The rows of an overlap: their columns, how one is made, and what is derived from its texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from clean_bench.overlap.match import OverlapMatch, compare_texts, counts_masked, problem_ngrams
from clean_bench.text.normalize import normalize, without_drawings
from clean_bench.text.tokenizer import content_spans, content_tokens, mask_numerals

KIND = "overlap"
TABLE = "problems"
WITHIN = "within"
LONGEST = 4000
"""Characters of a training text that are kept at most."""
MOST_ROWS = 10
"""Training rows that are named for one problem at most."""

SCHEMA = pa.schema(
    [
        ("set", pa.string()),
        ("index", pa.int32()),
        ("problem_id", pa.string()),
        ("kind", pa.string()),
        ("exact", pa.bool_()),
        ("share", pa.float64()),
        ("masked_share", pa.float64()),
        ("training_row", pa.int64()),
        ("training_id", pa.string()),
        ("hits", pa.int64()),
        ("hit_rows", pa.list_(pa.int64())),
        ("problem", pa.string()),
        ("excerpt", pa.string()),
        ("cut", pa.bool_()),
    ]
)
"""One row per benchmark problem that shares a gram with a training row, set by set, in their order.

`index` is the problem's place in its set, from 0. `kind` is the surest kind of hit, null where the
shares stay below the threshold. `exact`, `share`, `masked_share` are those of one training row, the
one that resembles the problem most (the first such); it is named by `training_row` and `training_id`.
`hits` counts the training rows that hit, and `hit_rows` names the first of them, the best one in
front. `excerpt` is the text of the best row, from its first matched token to its last where these
alone give the same shares; `cut` says that it was longer than is kept.

The table `within` has the same columns: there the training rows are the other problems of the set.
"""


def row_of(problem: str, text: str, n: int) -> dict[str, Any]:
    """The columns of a row that follow from the two texts."""
    match = compare_texts(problem, text, n)
    excerpt, cut = _excerpt(problem, text, n, match)
    return {**judged(match), "problem": problem, "excerpt": excerpt, "cut": cut}


def judged(match: OverlapMatch) -> dict[str, Any]:
    """A match as columns."""
    return {
        "kind": match.kind,
        "exact": match.exact,
        "share": match.share,
        "masked_share": match.masked_share,
    }


def first_tokens(problem: str, n: int) -> set[tuple[str, ...]]:
    """What an excerpt may begin with: the masked grams of a problem, or all of a short one."""
    hidden = mask_numerals(content_tokens(problem))
    return set(problem_ngrams(hidden, n)) or {tuple(hidden)}


def _excerpt(problem: str, text: str, n: int, match: OverlapMatch) -> tuple[str, bool]:
    """What of the text is kept, and whether more of it belongs there.

    Drawings and the frame are not kept, and characters are those of `normalize`.

    A problem inside a longer text is kept with a token beside it: alone it would be the problem.
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
    # Behind the dots a first word such as `problem:` is no frame.
    return "... " + text[begin : ends[-1] if ends else begin], True


def _span(problem: str, theirs: list[str], n: int) -> tuple[int, int]:
    """The first and the last of a text's tokens that are part of a gram of the problem."""
    ours = content_tokens(problem)
    hidden, hidden_theirs = mask_numerals(ours), mask_numerals(theirs)
    if hidden == hidden_theirs:
        return 0, len(theirs) - 1
    wanted, counted = (
        set(problem_ngrams(ours, n)),
        set(filter(counts_masked, problem_ngrams(hidden, n))),
    )
    size = min(n, len(ours))
    at = [
        i
        for i in range(len(theirs) - size + 1)
        if tuple(theirs[i : i + size]) in wanted or tuple(hidden_theirs[i : i + size]) in counted
    ]
    return at[0], at[-1] + size - 1


def table_of(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=SCHEMA)
