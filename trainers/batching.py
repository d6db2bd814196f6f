"""Documents packed into rows, and the weight of each token in the loss.

A document is a prompt with its completion. A packed row is a forward pass: whole documents one after
another without padding, positions that restart at 0 with each document, and the boundaries between
them. Consecutive documents of the same prompt, as the rollouts of a group are, can share one copy of it
in each row: the completions follow one another and continue the positions of the prompt. Memory follows
the token budget of a row, and not the number of documents. The weights of a mini-batch's tokens are
fixed before its first forward pass: the loss of a row is a sum of weighted terms, so the losses of all
rows add up to the loss of the mini-batch, whatever the rows are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch

from trainers.shared_prompts import SharedPrompts, Span, shared_prompts


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
    then T; a document whose prompt stands before an earlier one begins with its completion. `longest`:
    most tokens between two boundaries. `keep`: (N,) int64, the positions in the row whose hidden states
    predict the completion tokens; the last token of a shared prompt is there once per completion.
    `target`: (N,) int64, these completion tokens. `document`: (N,) int64, the document of each in this
    row, from 0. `places`: for each document, its place in the sequence that was packed. `shared`: the
    layout for attention where prompts are shared, else None.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    boundaries: torch.Tensor
    longest: int
    keep: torch.Tensor
    target: torch.Tensor
    document: torch.Tensor
    places: tuple[int, ...]
    shared: SharedPrompts | None = None

    def to(self, device: torch.device | str) -> PackedRow:
        """The row with its tensors on a device."""
        names = ("ids", "positions", "boundaries", "keep", "target", "document")
        shared = None if self.shared is None else self.shared.to(device)
        tensors = {name: getattr(self, name).to(device) for name in names}
        return replace(self, **tensors, shared=shared)


def pack(
    documents: Sequence[Document],
    budget: int,
    device: torch.device | str = "cpu",
    *,
    share_prompts: bool = False,
) -> list[PackedRow]:
    """Pack documents into rows of at most `budget` tokens, first-fit in the order of the documents.

    A document is never split: one that is longer than the budget has a row of its own. A document
    without completion tokens has nothing to predict and is in no row. The same documents and budget
    give the same rows.

    Args:
        share_prompts: whether a document takes the tokens of its completion alone where the row's last
            document has the same prompt. Gradients then agree to the rounding of float32 even in
            float64, since transformers' norms round the sum of a shared token's gradients.

    Raises:
        ValueError: for a budget below 1, or a completion after an empty prompt, whose first token has
            no distribution.
    """
    if budget < 1:
        raise ValueError(f"budget: expected at least 1 token, got {budget}")
    rows: list[list[int]] = []
    sizes: list[int] = []
    ends_with: list[int] = []  # the prompt of each row's last document
    prompts: dict[tuple[int, ...], int] = {}
    for place, document in enumerate(documents):
        if len(document.completion) == 0:  # a numpy array has no truth value
            continue
        if len(document.prompt) == 0:
            raise ValueError(
                f"document {place}: expected a prompt of at least one token, got none; its completion's "
                "first token would have no distribution"
            )
        prompt = prompts.setdefault(tuple(document.prompt), len(prompts))
        whole, alone = len(document), len(document.completion)
        for row, used in enumerate(sizes):
            size = alone if share_prompts and ends_with[row] == prompt else whole
            if used + size <= budget:
                rows[row].append(place)
                sizes[row] += size
                ends_with[row] = prompt
                break
        else:
            rows.append([place])
            sizes.append(whole)
            ends_with.append(prompt)
    return [_row(documents, places, share_prompts).to(device) for places in rows]


def _row(documents: Sequence[Document], places: Sequence[int], share_prompts: bool) -> PackedRow:
    """The documents at `places` as one row, on the CPU."""
    inside = [documents[place] for place in places]
    spans = _spans(inside, share_prompts)
    ids: list[int] = []
    positions, keep = [], []
    for document, span in zip(inside, spans, strict=True):
        if span.own:
            ids.extend(document.prompt)  # += would add where it is a numpy array
        ids.extend(document.completion)
        length = span.prompt_end - span.prompt
        positions.append(torch.arange(0 if span.own else length, len(document)))
        keep += [span.prompt_end - 1, *range(span.begin, span.end - 1)]
    starts = [span.prompt if span.own else span.begin for span in spans]
    boundaries = torch.tensor([*starts, len(ids)], dtype=torch.int32)
    lengths = torch.tensor([len(document.completion) for document in inside])
    place_in_text = torch.cat(positions)
    return PackedRow(
        ids=torch.tensor(ids)[None],
        positions=place_in_text[None],
        boundaries=boundaries,
        longest=int(boundaries.diff().max()),
        keep=torch.tensor(keep),
        target=torch.tensor([token for document in inside for token in document.completion]),
        document=torch.repeat_interleave(lengths),
        places=tuple(places),
        shared=shared_prompts(spans, place_in_text),
    )


def _spans(documents: Sequence[Document], share_prompts: bool) -> list[Span]:
    """Where each document of a row lies."""
    spans: list[Span] = []
    end, before = 0, None
    for document in documents:
        prompt = tuple(document.prompt)
        if share_prompts and prompt == before:
            first, begin = spans[-1].prompt, end
        else:
            first, begin = end, end + len(prompt)
        end = begin + len(document.completion)
        spans.append(Span(first, first + len(prompt), begin, end))
        before = prompt
    return spans


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
