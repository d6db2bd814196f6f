"""How attention runs where documents of a packed row share one copy of their prompt.

In GRPO the rollouts of a group have the same prompt. A row then holds prompt, completion 1, completion
2, ...: the prompt is computed once. The queries of a completion attend to the prompt and to their own
completion. A kernel for variable lengths gets separate boundaries of queries and of keys, and a copy of
the prompt's keys for each completion.

Elsewhere short completions are computed together in blocks, under a mask, since many small calls cost
more than the masked scores. A block has about as many tokens as the prompt: the prompt's keys are copied
once per block, so the copies stay below a small multiple of the row, whatever the number of completions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

import torch

_LEAST_BLOCK = 256
"""Tokens of completions in a block, where the prompt is shorter."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a document lies in its row: its prompt from `prompt`, its completion `begin` to `end`.

    `own` is true for the first document of its prompt; the others have no tokens but the completion.
    """

    prompt: int
    prompt_end: int
    begin: int
    end: int

    @property
    def own(self) -> bool:
        return self.begin == self.prompt_end


@dataclass(frozen=True, slots=True)
class Block:
    """Documents of one prompt whose attention is computed in one call.

    `piece` is the place of its tokens among the pieces of the row. `prompt` is the place of the piece
    of the prompt, None where the block's own piece begins with it. `first`: whether the prompt's outputs
    are those of this block. `documents`: their number. `keys`: ranges of the row that it attends to.
    """

    piece: int
    prompt: int | None
    first: bool
    documents: int
    keys: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SharedPrompts:
    """The layout of a row of T tokens and D documents of which some share a prompt.

    `keys`: (K,) int64, for each document the places in the row of its prompt and of its completion.
    `key_boundaries`: (D + 1,) int32, the first key of each document, then K. `longest_keys`: keys of one
    document at most. `positions`: (T,), those of the row. `owner`: (T,), the document of each token
    of a completion, -1 for a prompt's. `pieces`: tokens of the parts of the row, in order, that `blocks`
    refer to.
    """

    keys: torch.Tensor
    key_boundaries: torch.Tensor
    longest_keys: int
    positions: torch.Tensor
    owner: torch.Tensor
    pieces: tuple[int, ...]
    blocks: tuple[Block, ...]
    _masks: dict[tuple[int, int | None, torch.dtype], torch.Tensor] = field(
        default_factory=dict, compare=False
    )

    def to(self, device: torch.device | str) -> SharedPrompts:
        """The layout with its tensors on a device, and no masks yet: they live as long as a pass."""
        names = ("keys", "key_boundaries", "positions", "owner")
        return replace(self, **{n: getattr(self, n).to(device) for n in names}, _masks={})

    def mask(self, number: int, window: int | None, dtype: torch.dtype) -> torch.Tensor:
        """What is added to the scores of a block of several documents, (queries, keys): 0 or -inf.

        The layers share it; a mask of booleans would be converted, and kept, in each of them.
        """
        if (number, window, dtype) not in self._masks:
            block = self.blocks[number]
            keys = torch.cat([torch.arange(*part) for part in block.keys])
            queries = keys if block.first else torch.arange(*block.keys[-1])
            keys, queries = keys.to(self.owner.device), queries.to(self.owner.device)
            distance = self.positions[queries][:, None] - self.positions[keys]
            owner = self.owner[keys]
            seen = (owner == self.owner[queries][:, None]) | (owner == -1)
            seen &= distance >= 0
            if window is not None:
                seen &= distance < window
            mask = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
            self._masks[number, window, dtype] = mask.masked_fill_(~seen, float("-inf"))
        return self._masks[number, window, dtype]


def shared_prompts(spans: Sequence[Span], positions: torch.Tensor) -> SharedPrompts | None:
    """The layout of documents in a row; None if no prompt is shared.

    Args:
        positions: (T,) of the row's tokens.
    """
    if all(span.own for span in spans):
        return None
    keys = [
        torch.cat([torch.arange(s.prompt, s.prompt_end), torch.arange(s.begin, s.end)])
        for s in spans
    ]
    sizes = [len(part) for part in keys]
    owner = torch.full_like(positions, -1)
    for number, span in enumerate(spans):
        owner[span.begin : span.end] = number
    pieces: list[int] = []
    blocks: list[Block] = []
    for group in _groups(spans):
        _add_blocks(group, pieces, blocks)
    return SharedPrompts(
        keys=torch.cat(keys),
        key_boundaries=torch.tensor([0, *accumulate(sizes)], dtype=torch.int32),
        longest_keys=max(sizes),
        positions=positions,
        owner=owner,
        pieces=tuple(pieces),
        blocks=tuple(blocks),
    )


def _groups(spans: Sequence[Span]) -> Iterator[Sequence[Span]]:
    """The documents of each copy of a prompt."""
    begins = [number for number, span in enumerate(spans) if span.own]
    for begin, end in pairwise([*begins, len(spans)]):
        yield spans[begin:end]


def _add_blocks(group: Sequence[Span], pieces: list[int], blocks: list[Block]) -> None:
    """Divide the documents of a prompt into blocks, and their tokens into pieces."""
    prompt, prompt_end = group[0].prompt, group[0].prompt_end
    most = max(_LEAST_BLOCK, prompt_end - prompt)
    parts: list[list[Span]] = []
    for span in group:
        if parts and span.end - parts[-1][0].begin <= most:
            parts[-1].append(span)
        else:
            parts.append([span])
    if len(parts) == 1:
        blocks.append(Block(len(pieces), None, True, len(group), ((prompt, group[-1].end),)))
        pieces.append(group[-1].end - prompt)
        return
    place = len(pieces)
    pieces.append(prompt_end - prompt)
    for number, part in enumerate(parts):
        own = (part[0].begin, part[-1].end)
        keys = ((prompt, prompt_end), own)
        blocks.append(Block(len(pieces), place, number == 0, len(part), keys))
        pieces.append(own[1] - own[0])
