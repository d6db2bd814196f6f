"""Documents packed into rows, and the weight of each token in the loss.

A document is a prompt with its completion. A packed row is a forward pass: whole documents one after
another without padding, positions that restart at 0 with each document, and the boundaries between
them. Memory follows the token budget of a row, and not the number of documents. The weights of a
mini-batch's tokens are fixed before its first forward pass: the loss of a row is a sum of weighted
terms, so the losses of all rows add up to the loss of the mini-batch, whatever the rows are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

import torch


@dataclass(frozen=True, slots=True)
class Document:
    """Token ids of a prompt and of its completion."""

    prompt: Sequence[int]
    completion: Sequence[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.completion)


@dataclass(frozen=True)
class PackedRow:
    """Documents in one row. T tokens, D documents, N completion tokens.

    `ids` and `positions`: (1, T) int64. `boundaries`: (D + 1,) int32, the first token of each document,
    then T. `longest`: tokens of the longest document. `keep`: (N,) int64, the positions in the row
    whose hidden states predict the completion tokens. `target`: (N,) int64, these completion tokens.
    `document`: (N,) int64, the document of each in this row, from 0. `places`: for each document, its
    place in the sequence that was packed.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    boundaries: torch.Tensor
    longest: int
    keep: torch.Tensor
    target: torch.Tensor
    document: torch.Tensor
    places: tuple[int, ...]

    def to(self, device: torch.device | str) -> PackedRow:
        """The row with its tensors on a device."""
        names = ("ids", "positions", "boundaries", "keep", "target", "document")
        return replace(self, **{name: getattr(self, name).to(device) for name in names})


def pack(
    documents: Sequence[Document], budget: int, device: torch.device | str = "cpu"
) -> list[PackedRow]:
    """Pack documents into rows of at most `budget` tokens, first-fit in the order of the documents.

    A document is never split: one that is longer than the budget has a row of its own. A document
    without completion tokens has nothing to predict and is in no row. The same documents and budget
    give the same rows.

    Raises:
        ValueError: for a budget below 1, or a completion after an empty prompt, whose first token has
            no distribution.
    """
    if budget < 1:
        raise ValueError(f"budget: expected at least 1 token, got {budget}")
    rows: list[list[int]] = []
    sizes: list[int] = []
    for place, document in enumerate(documents):
        if len(document.completion) == 0:  # a numpy array has no truth value
            continue
        if len(document.prompt) == 0:
            raise ValueError(
                f"document {place}: expected a prompt of at least one token, got none; its completion's "
                "first token would have no distribution"
            )
        size = len(document)
        fit = next((row for row, used in enumerate(sizes) if used + size <= budget), None)
        if fit is None:
            rows.append([place])
            sizes.append(size)
        else:
            rows[fit].append(place)
            sizes[fit] += size
    return [_row(documents, places).to(device) for places in rows]


def _row(documents: Sequence[Document], places: Sequence[int]) -> PackedRow:
    """The documents at `places` as one row, on the CPU."""
    inside = [documents[place] for place in places]
    sizes = [len(document) for document in inside]
    boundaries = [0, *accumulate(sizes)]
    lengths = torch.tensor([len(document.completion) for document in inside])
    keep = torch.cat(
        [
            torch.arange(end - len(document.completion) - 1, end - 1)
            for end, document in zip(boundaries[1:], inside, strict=True)
        ]
    )
    ids = torch.tensor(
        [token for document in inside for token in (*document.prompt, *document.completion)]
    )
    return PackedRow(
        ids=ids[None],
        positions=torch.cat([torch.arange(size) for size in sizes])[None],
        boundaries=torch.tensor(boundaries, dtype=torch.int32),
        longest=max(sizes),
        keep=keep,
        target=ids[keep + 1],
        document=torch.repeat_interleave(lengths),
        places=tuple(places),
    )


def token_weights(
    lengths: Sequence[int],
    aggregate: Literal["token", "sequence", "constant"],
    constant_length: int | None = None,
) -> list[float]:
    """The weight of each token of a document in the loss of a whole mini-batch.

    "token": 1 / tokens of the mini-batch (2503.14476, equation 8). "sequence": 1 / (documents x tokens
    of this document) (2402.03300, equation 3). "constant": 1 / (documents x `constant_length`)
    (2503.20783, section 3.2). A document of length 0 counts as a document and gets weight 0.

    Args:
        lengths: completion tokens of every document of the mini-batch, skipped ones included.

    Raises:
        ValueError: for "constant" without a positive `constant_length`, or an unknown aggregate.
    """
    count = len(lengths)
    if aggregate == "token":
        divisors = [sum(lengths)] * count
    elif aggregate == "sequence":
        divisors = [count * length for length in lengths]
    elif aggregate == "constant":
        if constant_length is None or constant_length < 1:
            raise ValueError(
                f"aggregate 'constant': expected a constant_length of at least 1, got {constant_length}"
            )
        divisors = [count * constant_length] * count
    else:
        raise ValueError(
            f"aggregate: expected 'token', 'sequence' or 'constant', got {aggregate!r}"
        )
    return [
        1 / divisor if length else 0.0 for length, divisor in zip(lengths, divisors, strict=True)
    ]


def gather(
    row: PackedRow, per_document: Sequence[Sequence[float]], dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    """Values per completion token, in the order of `row.keep`.

    Args:
        per_document: for every document of the sequence that was packed, one value per completion token.

    Returns:
        (N,) on the row's device.

    Raises:
        ValueError: if a document has not as many values as completion tokens.
    """
    counts = torch.bincount(row.document.cpu(), minlength=len(row.places)).tolist()
    for place, count in zip(row.places, counts, strict=True):
        if len(per_document[place]) != count:
            raise ValueError(
                f"document {place}: expected {count} values, one per completion token, "
                f"got {len(per_document[place])}"
            )
    values = [value for place in row.places for value in per_document[place]]
    return torch.tensor(values, dtype=dtype).to(row.target.device)


def spread(
    row: PackedRow, per_document: Sequence[float], dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    """One value per document, repeated on each of its completion tokens, in the order of `row.keep`.

    Args:
        per_document: one value for every document of the sequence that was packed.

    Returns:
        (N,) on the row's device.
    """
    values = torch.tensor([per_document[place] for place in row.places], dtype=dtype)
    return values.to(row.document.device)[row.document]
