"""Donor prefixes, against a direct search."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.probing.donors import choose_donors

BUSY = settings(deadline=None)  # other processes may hold the cores


@dataclass(frozen=True)
class Cut:
    subject: str | None
    prefix: str
    suffix: str
    cluster: int


@st.composite
def cuts(draw: st.DrawFn) -> list[Cut]:
    size = draw(st.integers(0, 25))
    return [
        Cut(
            draw(st.sampled_from(["algebra", "geometry", None])),
            f"w{index} " * draw(st.integers(0, 6)),
            draw(st.sampled_from([" the end", " the  end", " x", f" y{index}"])),
            draw(st.integers(0, 12)),
        )
        for index in range(size)
    ]


def distance(a: Cut, b: Cut) -> int:
    return abs(len(a.prefix.split()) - len(b.prefix.split()))


@BUSY
@given(cuts(), st.integers(1, 8), st.sampled_from(["", "s"]))
def test_the_nearest_allowed_problems_are_chosen(items: list[Cut], count: int, seed: str) -> None:
    donors = choose_donors(items, count, seed)
    assert len(donors) == len(items)
    for index, chosen in enumerate(donors):
        item = items[index]
        allowed = [
            other
            for other in items
            if other.cluster != item.cluster
            and other.suffix.split() != item.suffix.split()
            and other.prefix.strip()
        ]
        same = sorted(distance(item, o) for o in allowed if o.subject == item.subject)[:count]
        rest = sorted(distance(item, o) for o in allowed if o.subject != item.subject)
        got = [items[donor] for donor in chosen.indices]
        assert len(set(chosen.indices)) == len(got) == min(count, len(allowed))
        assert all(donor in allowed for donor in got)
        assert [distance(item, donor) for donor in got] == same + rest[: count - len(same)]
        assert chosen.other_subjects == sum(donor.subject != item.subject for donor in got)


@BUSY
@given(cuts(), st.randoms(use_true_random=False))
def test_the_order_of_the_problems_does_not_matter(items: list[Cut], random: object) -> None:
    items = [item for item in items if item.prefix]  # equal texts have equal hashes
    order = list(range(len(items)))
    random.shuffle(order)  # type: ignore[attr-defined]
    plain, shuffled = choose_donors(items), choose_donors([items[i] for i in order])
    for place, index in enumerate(order):
        assert [order[donor] for donor in shuffled[place].indices] == list(plain[index].indices)


def test_ties_are_spread_over_the_problems() -> None:
    """Of 200 equally near problems, no few are the donors of all."""
    items = [Cut("a", f"one two {i}", f" end {i}", i) for i in range(200)]
    uses = Counter(donor for donors in choose_donors(items) for donor in donors.indices)
    assert sum(uses.values()) == 200 * 8
    assert len(uses) > 150 and max(uses.values()) < 40
    assert choose_donors(items, seed="other") != choose_donors(items)


def test_the_count_is_positive() -> None:
    with pytest.raises(ValueError, match="at least one donor, got 0"):
        choose_donors([], 0)


def test_five_thousand_problems() -> None:
    items = [Cut("ab"[i % 2], f"{i} " * (1 + i % 97), f" end {i}", i) for i in range(5_000)]
    donors = choose_donors(items)
    assert all(len(chosen.indices) == 8 and not chosen.other_subjects for chosen in donors)
