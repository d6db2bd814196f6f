"""Rows in which documents share a prompt, against each document alone: layout, values, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.trainers.padded_policy import (
    PACKED,
    VOCABULARY,
    exact_norms,
    padded_logprobs,
    random_documents,
    random_model,
)
from tests.trainers.test_policy import (
    TOLERANCES,
    distance,
    packed_gradient,
    padded_gradient,
)
from trainers import packed_attention, shared_prompts
from trainers.batching import Document, PackedRow, pack
from trainers.packed_attention import gathered
from trainers.policy import Policy

GROUPS = [(4, [9, 2, 1]), (7, [30]), (1, [5, 12])]
"""Tokens of a prompt, and of its completions."""
LEAST = [1, 8, 256]
"""Tokens of a block: each document alone, several blocks of a group, a group at once."""


def grouped(groups: list[tuple[int, list[int]]], *, seed: int = 0) -> list[Document]:
    """Random documents, those of a group with one prompt."""
    documents = []
    for number, (prompt, completions) in enumerate(groups):
        (first, *others) = random_documents([(prompt, n) for n in completions], seed=seed + number)
        documents += [first, *(Document(first.prompt, each.completion) for each in others)]
    return documents


def test_a_row_by_hand() -> None:
    documents = [Document([5, 6], [7, 8, 9]), Document([5, 6], [1]), Document([5], [6, 7])]
    first, second = pack([*documents, Document([5], [2, 3])], 10, share_prompts=True)
    assert first.ids.tolist() == [[5, 6, 7, 8, 9, 1, 5, 6, 7]]
    assert first.positions.tolist() == [[0, 1, 2, 3, 4, 2, 0, 1, 2]]
    assert first.boundaries.tolist() == [0, 5, 6, 9]
    assert first.longest == 5
    assert first.keep.tolist() == [1, 2, 3, 1, 6, 7]
    assert first.target.tolist() == [7, 8, 9, 1, 6, 7]
    assert first.document.tolist() == [0, 0, 0, 1, 2, 2]
    assert (first.places, second.places) == ((0, 1, 2), (3,))
    assert second.ids.tolist() == [[5, 2, 3]]  # the prompt again, once per row
    assert second.shared is None
    shared = first.shared
    assert shared is not None
    assert shared.keys.tolist() == [0, 1, 2, 3, 4, 0, 1, 5, 6, 7, 8]
    assert shared.key_boundaries.tolist() == [0, 5, 8, 11]
    assert shared.key_boundaries.dtype == torch.int32
    assert shared.longest_keys == 5
    # The prompt and both completions in one block: each completion under the prompt alone.
    assert shared.mask(0, None, torch.float32).exp().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 1, 1, 1, 0],
        [1, 1, 0, 0, 0, 1],
    ]
    assert shared.mask(0, 2, torch.float32)[-1].exp().tolist() == [0, 1, 0, 0, 0, 1]


def test_arrays_are_packed_as_lists_are() -> None:
    """A resumed run reads its documents from a file as arrays; its rows must be the same."""
    documents = grouped(GROUPS)
    arrays = [Document(np.array(d.prompt), np.array(d.completion)) for d in documents]
    for mixed in (arrays, [documents[0], *arrays[1:]]):
        for one, other in zip(
            pack(documents, 25, share_prompts=True),
            pack(mixed, 25, share_prompts=True),
            strict=True,
        ):
            assert one.places == other.places
            assert torch.equal(one.ids, other.ids)
            assert torch.equal(one.keep, other.keep)


def test_documents_of_different_prompts_have_no_shared_layout() -> None:
    (row,) = pack(
        [Document([1], [2]), Document([2], [2]), Document([1], [3])], 100, share_prompts=True
    )
    assert row.shared is None
    assert row.ids.tolist() == [[1, 2, 2, 2, 1, 3]]


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.lists(st.integers(0, 9), min_size=1, max_size=6)),
        min_size=1,
        max_size=6,
    ),
    st.integers(1, 40),
    st.sampled_from(LEAST),
)
def test_every_completion_is_attended_with_its_own_prompt(
    groups: list[tuple[int, list[int]]], budget: int, least: int
) -> None:
    documents = grouped(groups)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_prompts, "_LEAST_BLOCK", least)
        rows = pack(documents, budget, share_prompts=True)
    places = [place for row in rows for place in row.places]
    assert sorted(places) == [p for p, d in enumerate(documents) if len(d.completion)]
    for row in rows:
        assert row.ids.shape[1] <= budget or len(row.places) == 1
        assert _tokens(row, documents) == row.ids.shape[1]
        before_targets = row.ids[0, row.keep].tolist()
        for number, place in enumerate(row.places):
            document, mine = documents[place], row.document == number
            text = [*document.prompt, *document.completion]
            assert row.target[mine].tolist() == list(document.completion)
            here = [token for token, yes in zip(before_targets, mine.tolist(), strict=True) if yes]
            assert here == text[len(document.prompt) - 1 : -1]
            assert row.positions[0, row.keep[mine]].tolist() == list(
                range(len(document.prompt) - 1, len(text) - 1)
            )
            if row.shared is not None:
                begin, end = row.shared.key_boundaries[number : number + 2].tolist()
                keys = row.shared.keys[begin:end]
                assert row.ids[0, keys].tolist() == text
                assert row.positions[0, keys].tolist() == list(range(len(text)))
                # Causal masks are aligned at the last query and the last key.
                assert int(keys[-1]) + 1 == int(row.boundaries[number + 1])
        if row.shared is not None:
            assert sum(row.shared.pieces) == row.ids.shape[1]
            copied = sum(end - begin for block in row.shared.blocks for begin, end in block.keys)
            prompts = max(len(document.prompt) for document in documents)
            # Two neighbouring blocks have more completion tokens than the prompt has.
            assert copied <= 3 * row.ids.shape[1] + 2 * prompts


def _tokens(row: PackedRow, documents: list[Document]) -> int:
    """Tokens that a row needs: each prompt once where documents of one prompt follow one another."""
    total, before = 0, None
    for place in row.places:
        prompt = list(documents[place].prompt)
        total += len(documents[place].completion) + (0 if prompt == before else len(prompt))
        before = prompt
    return total


@pytest.mark.parametrize("least", LEAST)
@pytest.mark.parametrize("family", PACKED)
def test_gradients_are_those_of_each_document_alone(
    family: str, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_prompts, "_LEAST_BLOCK", least)
    documents = grouped(GROUPS)
    rows = pack(documents, 1000, share_prompts=True)
    assert len(rows) == 1 and rows[0].shared is not None
    padded = padded_gradient(exact_norms(random_model(family)), documents, "sequence", "left")
    for budget, checkpointing in ((1000, False), (1000, True), (19, False)):
        own = packed_gradient(
            exact_norms(random_model(family)),
            documents,
            "sequence",
            budget=budget,  # of 19 tokens: groups over several rows
            chunk=7,
            checkpointing=checkpointing,
            share_prompts=True,
        )
        assert distance(own, padded) < TOLERANCES[family], (budget, checkpointing)


@pytest.mark.parametrize("family", PACKED)
def test_gradients_with_the_norms_of_transformers_agree_to_float32(family: str) -> None:
    documents = grouped(GROUPS)
    alone = packed_gradient(random_model(family), documents, "token", budget=1)
    shared = packed_gradient(
        random_model(family), documents, "token", budget=1000, share_prompts=True
    )
    assert distance(shared, alone) < 1e-6


@pytest.mark.parametrize("least", LEAST)
@pytest.mark.parametrize("family", [*PACKED, "gemma2", "cohere", "granite", "phi", "mistral"])
def test_values_are_those_of_each_document_alone(
    family: str, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_prompts, "_LEAST_BLOCK", least)
    documents = grouped(GROUPS, seed=5)
    model = random_model(family)
    model.set_attn_implementation("eager" if family == "gemma2" else "sdpa")
    alone = [padded_logprobs(model.eval(), [each], temperature=1.3) for each in documents]
    (row,) = pack(documents, 1000, share_prompts=True)
    logp, entropy = Policy(model, None).logprobs(row, temperature=1.3, chunk=5)
    # Gemma's norms and transformers' own eager attention compute in float32.
    tolerance = {"gemma2": 1e-5, "gemma3": 1e-6, "cohere": 1e-6}.get(family, 1e-11)
    torch.testing.assert_close(logp, torch.cat([a.logp[0] for a in alone]), rtol=0, atol=tolerance)
    torch.testing.assert_close(
        entropy, torch.cat([a.entropy[0] for a in alone]), rtol=0, atol=tolerance
    )


@pytest.mark.parametrize("least", LEAST)
@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("family", PACKED)
def test_a_completion_does_not_change_the_others_of_its_group(
    family: str, checkpointing: bool, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_prompts, "_LEAST_BLOCK", least)
    documents = grouped([(6, [9, 3, 14, 1, 7]), (3, [4, 4])], seed=9)
    model = random_model(family, dtype=torch.float32)
    policy = Policy(model, None, gradient_checkpointing=checkpointing)
    (before,) = pack(documents, 1000, share_prompts=True)
    logp, entropy = policy.logprobs(before)
    for place, document in enumerate(documents):
        changed = list(documents)
        changed[place] = Document(
            document.prompt, [(token + 11) % VOCABULARY for token in document.completion]
        )
        (after,) = pack(changed, 1000, share_prompts=True)
        again, again_entropy = policy.logprobs(after)
        others = before.document != place
        assert torch.equal(again[others], logp[others])
        assert torch.equal(again_entropy[others], entropy[others])
        assert not torch.equal(again[~others], logp[~others])


def lower_right(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    query_ends: torch.Tensor,
    key_ends: torch.Tensor,
    longest_query: int,
    longest_key: int,
    *,
    scale: float,
    window_size: tuple[int, int],
    enable_gqa: bool,
) -> torch.Tensor:
    """The definition of torch's variable-length attention, masks aligned at the last query and key."""
    assert enable_gqa and window_size[1] == 0
    assert (longest_query, longest_key) == (query_ends.diff().max(), key_ends.diff().max())
    outputs = []
    sizes = query_ends.diff().tolist(), key_ends.diff().tolist()
    for query, key, value in zip(
        q.split(sizes[0]), k.split(sizes[1]), v.split(sizes[1]), strict=True
    ):
        groups = query.shape[1] // key.shape[1]
        key, value = (t.repeat_interleave(groups, dim=1) for t in (key, value))
        place = torch.arange(len(query))[:, None] + len(key) - len(query)
        distance = place - torch.arange(len(key))
        hidden = distance < 0
        if window_size[0] >= 0:
            hidden |= distance > window_size[0]
        scores = scale * torch.einsum("qhd,khd->hqk", query, key)
        weights = scores.masked_fill(hidden, float("-inf")).softmax(dim=-1)
        outputs.append(torch.einsum("hqk,khd->qhd", weights, value))
    return torch.cat(outputs)


@pytest.mark.parametrize("family", PACKED)
def test_variable_lengths_give_the_same_as_blocks(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call that a GPU gets, computed by its definition."""
    documents = grouped(GROUPS, seed=4)
    expected = padded_gradient(exact_norms(random_model(family)), documents, "token", "left")
    calls: list[int] = []

    def counted(*tensors: Any, **options: Any) -> torch.Tensor:
        calls.append(1)
        return lower_right(*tensors, **options)

    monkeypatch.setattr(packed_attention, "_has_varlen", lambda query, value: True)
    monkeypatch.setattr(packed_attention, "varlen_attn", counted)
    model = exact_norms(random_model(family))
    own = packed_gradient(model, documents, "token", budget=1000, share_prompts=True)
    assert len(calls) == 2 * 2  # two layers, in the check of the model and in the row
    assert distance(own, expected) < TOLERANCES[family]


def test_bfloat16_gradients_of_a_shared_entry_are_added_in_float32() -> None:
    entry = torch.ones(1, 3, dtype=torch.bfloat16, requires_grad=True)
    # In bfloat16 256 + 1 is 256 again.
    weights = torch.tensor([256.0, *[1.0] * 64], dtype=torch.bfloat16)
    (gathered(entry, 0, torch.zeros(65, dtype=torch.long)) * weights[:, None]).sum().backward()
    assert entry.grad is not None
    assert entry.grad.tolist() == [[320.0] * 3]
