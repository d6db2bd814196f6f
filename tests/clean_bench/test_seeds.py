"""Counter-based randomness: no two labels share a stream, and draws are uniform."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.seeds import Draw, digest, seed_of, stream

LABELS = st.lists(st.one_of(st.text(), st.integers(), st.binary()), max_size=4).map(tuple)


def test_digest_is_shake_256_over_tagged_labels():
    data = b"s" + (4).to_bytes(8, "big") + b"item" + b"i" + (2).to_bytes(8, "big") + b"-7"
    assert digest("item", -7, length=16) == hashlib.shake_256(data).digest(16)


@given(LABELS, LABELS)
def test_no_two_tuples_of_labels_share_a_stream(a, b):
    same = [(type(x), x) for x in a] == [(type(x), x) for x in b]
    assert (digest(*a) == digest(*b)) == same


@pytest.mark.parametrize("pair", [(("ab", "c"), ("a", "bc")), ((1,), ("1",)), ((b"1",), ("1",))])
def test_labels_that_read_alike_are_told_apart(pair):
    assert digest(*pair[0]) != digest(*pair[1])


def test_digests_are_those_they_were():
    """A change here makes every set another."""
    assert digest("item", b"\x00\xff", -7, length=16).hex() == "0cdd80f79000a32b16d72b480ebc4be0"
    assert digest(length=8).hex() == hashlib.shake_256(b"").hexdigest(8)


@given(LABELS, LABELS, st.integers(1, 200))
def test_a_stream_is_a_digest_whose_first_labels_are_given_beforehand(head, rest, length):
    under = stream(*head)
    assert under(*rest, length=length) == digest(*head, *rest, length=length)
    assert under(*rest) == digest(*head, *rest)  # the stream is not used up by an earlier call


def test_a_stream_gives_the_same_in_any_order():
    under = stream("item", 3)
    forwards = [under(i) for i in range(50)]
    assert [under(i) for i in reversed(range(50))] == forwards[::-1]
    assert len(set(forwards)) == 50


def test_a_seed_is_63_bits():
    seeds = [seed_of("x", i) for i in range(200)]
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert max(seeds) > 2**62
    assert len(set(seeds)) == 200


def test_draws_are_the_mixed_radix_digits_of_the_words():
    draw = Draw((5 + 7 * (2 + 3 * 11)).to_bytes(64, "big"))
    assert [draw.below(7), draw.below(3), draw.between(10, 25)] == [5, 2, 10 + 11]


def test_draws_are_uniform():
    counts = Counter(Draw(digest("u", i)).below(6) for i in range(6000))
    chi_square = sum((counts[face] - 1000) ** 2 / 1000 for face in range(6))
    assert chi_square < 20.5  # the 0.999 quantile with five degrees of freedom


def test_a_draw_refuses_to_use_more_than_half_of_its_bits():
    draw = Draw(digest("x", length=64))
    for _ in range(255):
        draw.below(2)
    draw.below(1)
    with pytest.raises(ValueError, match="half of the random bits"):
        for _ in range(2):
            draw.below(2)
