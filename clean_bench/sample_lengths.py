"""Check the numbers that stored samples hold beside their text: tokens, log-probabilities, ends."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_ROUNDING = 1e-3
_NUMBERS = ("prompt_ids", "token_ids", "logprobs")


class Lengths(NamedTuple):
    """Numbers of a sample's tokens, and the extremes of its token ids and log-probabilities.

    The extremes are None where there is no token.
    """

    prompt: int
    tokens: int
    logprobs: int
    least_id: int | None
    likeliest: float | None


def length_columns(table: pa.Table) -> list[Lengths]:
    """The lengths of every row of a table of samples, without a Python number for each token."""
    lengths = [pc.list_value_length(table[name]).to_pylist() for name in _NUMBERS]
    rows = len(table)
    least = [_extreme(table[name], "min", rows) for name in _NUMBERS[:2]]
    smallest = [
        min((value for value in pair if value is not None), default=None)
        for pair in zip(*least, strict=True)
    ]
    likeliest = _extreme(table["logprobs"], "max", rows)
    return [Lengths(*row) for row in zip(*lengths, smallest, likeliest, strict=True)]


def wrong_length(lengths: Lengths, finish: str, most: int | None, context: object = None) -> str:
    """The first contradiction in the tokens of a row; empty where there is none.

    Args:
        finish: how the completion ended.
        most: the limit of its tokens, if it is known.
        context: the tokens of a prompt and its completion together, where the engine states them.
    """
    if lengths.tokens != lengths.logprobs:
        return "has not one log-probability for each token"
    # Comparisons with NaN are false.
    if lengths.likeliest is not None and not lengths.likeliest <= _ROUNDING:
        return f"has the log-probability {lengths.likeliest}"
    if lengths.least_id is not None and lengths.least_id < 0:
        return f"has the token id {lengths.least_id}"
    if most is not None and lengths.tokens > most:
        return f"has {lengths.tokens} tokens, expected at most {most}"
    if type(context) is not int:
        return ""
    total = lengths.prompt + lengths.tokens
    if finish in ("stop", "length") and total > context:
        return f"has {total} tokens with its prompt, expected at most the context of {context}"
    if finish == "length" and most is not None and lengths.tokens < most and total < context:
        return f"ended by 'length' after {lengths.tokens} tokens, expected {most}"
    if finish == "overlong" and 0 < lengths.prompt < context:
        return f"ended by 'overlong' with a prompt of {lengths.prompt} tokens in a context of {context}"
    return ""


def _extreme(column: pa.ChunkedArray, function: str, rows: int) -> list[float | None]:
    """The least or greatest value of each list, None for an empty one; NaN where there is one."""
    values: list[float | None] = [None] * rows
    numbered = pa.table(
        {
            "row": pc.list_parent_indices(column.combine_chunks()),
            "value": pc.list_flatten(column),
        }
    )
    for group in numbered.group_by("row").aggregate([("value", function)]).to_pylist():
        values[group["row"]] = group[f"value_{function}"]
    return values
