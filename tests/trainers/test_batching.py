"""Packed rows, token weights and values in the order of a row, against counts by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.batching import Document, gather, pack, spread, token_weights

LENGTHS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=20)


def documents_of(lengths: list[tuple[int, int]]) -> list[Document]:
    """Documents whose tokens are all different."""
    documents, token = [], 0
    for prompt, completion in lengths:
        documents.append(
            Document(
                range(token, token + prompt), range(token + prompt, token + prompt + completion)
            )
        )
        token += prompt + completion
    return documents


def test_a_row_by_hand() -> None:
    documents = [Document([5, 6], [7, 8, 9]), Document([1], [2]), Document([3], [4, 5])]
    first, second = pack(documents, 7)
    assert first.ids.tolist() == [[5, 6, 7, 8, 9, 1, 2]]
    assert first.positions.tolist() == [[0, 1, 2, 3, 4, 0, 1]]
    assert first.boundaries.tolist() == [0, 5, 7]
    assert first.boundaries.dtype == torch.int32
    assert first.longest == 5
    assert first.keep.tolist() == [1, 2, 3, 5]
    assert first.target.tolist() == [7, 8, 9, 2]
    assert first.document.tolist() == [0, 0, 0, 1]
    assert first.places == (0, 1)
    assert second.places == (2,)


@given(LENGTHS, st.integers(1, 30))
def test_every_completion_token_is_predicted_once_by_the_token_before_it(
    lengths: list[tuple[int, int]], budget: int
) -> None:
    documents = documents_of(lengths)
    rows = pack(documents, budget)
    places = [place for row in rows for place in row.places]
    assert sorted(places) == [place for place, (_, count) in enumerate(lengths) if count]
    predicted = []
    for row in rows:
        assert row.ids.shape[1] <= budget or len(row.places) == 1
        assert row.target.tolist() == row.ids[0, row.keep + 1].tolist()
        begins = row.boundaries[:-1].tolist()
        for place, begin, end in zip(row.places, begins, row.boundaries[1:].tolist(), strict=True):
            document = documents[place]
            assert row.ids[0, begin:end].tolist() == [*document.prompt, *document.completion]
            assert row.positions[0, begin:end].tolist() == list(range(len(document)))
        for token, document in zip(row.target.tolist(), row.document.tolist(), strict=True):
            assert token in documents[row.places[document]].completion
        predicted += row.target.tolist()
    assert sorted(predicted) == [token for document in documents for token in document.completion]


@given(LENGTHS, st.integers(1, 30))
def test_a_document_goes_into_the_first_row_that_has_room(
    lengths: list[tuple[int, int]], budget: int
) -> None:
    rows = pack(documents_of(lengths), budget)
    for number, row in enumerate(rows):
        for place in row.places:
            size = sum(lengths[place])
            for earlier in rows[:number]:
                used = sum(sum(lengths[other]) for other in earlier.places if other < place)
                assert used + size > budget


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any),
    st.sampled_from(["token", "sequence", "constant"]),
)
def test_the_weights_are_those_of_the_definitions(lengths: list[int], aggregate: str) -> None:
    weights = token_weights(lengths, aggregate, 7)  # type: ignore[arg-type]
    for length, weight in zip(lengths, weights, strict=True):
        expected = {
            "token": Fraction(1, sum(lengths)),
            "sequence": Fraction(1, len(lengths) * (length or 1)),
            "constant": Fraction(1, len(lengths) * 7),
        }[aggregate]
        assert weight == pytest.approx(float(expected if length else 0), rel=1e-15)


def test_lengths_of_zero_alone_have_no_weight() -> None:
    assert token_weights([0, 0], "token") == [0.0, 0.0]


def test_values_follow_the_order_of_the_row() -> None:
    documents = [Document([1], [2, 3]), Document([1, 1, 1], [4, 5]), Document([1], [6])]
    first, second = pack(documents, 5)
    assert (first.places, second.places) == ((0, 2), (1,))
    values = [[0.5, 1.5], [2.5, 3.5], [4.5]]
    assert gather(first, values).tolist() == [0.5, 1.5, 4.5]
    assert gather(second, values).tolist() == [2.5, 3.5]
    assert spread(first, [-1, -2, -3]).tolist() == [-1, -1, -3]
    with pytest.raises(ValueError, match="document 2: expected 1 values"):
        gather(first, [[0.5, 1.5], [2.5, 3.5], []])


def test_what_cannot_be_packed_is_refused() -> None:
    with pytest.raises(ValueError, match="document 1: expected a prompt"):
        pack([Document([1], [2]), Document([], [2])], 8)
    with pytest.raises(ValueError, match="budget: expected at least 1"):
        pack([Document([1], [2])], 0)
    with pytest.raises(ValueError, match="constant_length of at least 1, got None"):
        token_weights([1], "constant")
    with pytest.raises(ValueError, match="expected 'token', 'sequence' or 'constant', got 'mean'"):
        token_weights([1], "mean")  # type: ignore[arg-type]
