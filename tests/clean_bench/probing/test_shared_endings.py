"""Problems whose rest also ends another problem, against a comparison of all pairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clean_bench.probing.clusters import cluster_ids
from clean_bench.probing.cut import cut
from clean_bench.probing.shared_endings import shared_endings
from clean_bench.problems import Problem

WORDS = st.lists(st.sampled_from(["odd", "even", "Is", "x", "$x$", "or  neither?"]), max_size=6)


def problems(*texts: str) -> list[Problem]:
    return [Problem(str(place), text) for place, text in enumerate(texts)]


@given(st.lists(WORDS.map(" ".join), max_size=8), st.lists(WORDS.map(" ".join), max_size=4))
def test_it_finds_what_a_comparison_of_all_pairs_finds(one: list[str], two: list[str]) -> None:
    sets = {"one": problems(*one), "two": problems(*two)}
    clusters = cluster_ids([*one, *two])
    of = {"one": clusters[: len(one)], "two": clusters[len(one) :]}

    def plain(text: str) -> str:
        return " ".join(text.split()).casefold()

    expected = {
        name: {
            problem.id
            for problem in of_set
            for rest in [plain(cut(problem.problem, 0.6).suffix)]
            if rest
            and any(
                plain(other.problem).endswith(rest)
                for other_name, others in sets.items()
                for other in others
                if of[other_name][int(other.id)] != of[name][int(problem.id)]
            )
        }
        for name, of_set in sets.items()
    }
    assert shared_endings(sets, 0.6, "clean") == expected


def test_a_stock_phrase_is_shared_and_a_near_duplicate_is_no_other_problem() -> None:
    of_set = problems(
        "Let $f$ be odd. Is $f(f(x))$ odd, even, or neither? Answer with one of the three words.",
        "Take an even $g$. Is $g(g(x))$ odd, even, or neither?  Answer with ONE of the three words.",
        "Ann has 12 apples and gives 5 of them to her brother Bob. How many does Ann have now?",
        "Ann has 17 apples and gives 8 of them to her brother Bob. How many does Ann have now?",
    )
    sets = {"set": of_set}
    assert shared_endings(sets, 0.6, "clean") == {"set": {"0", "1"}}
    both = {"set": of_set[:3], "null": of_set[3:]}
    assert shared_endings(both, 0.6, "clean") == {"set": {"0", "1"}, "null": set()}


def test_which_problems_are_left_out_does_not_depend_on_their_set() -> None:
    """With other sizes of set and null it would, and p-values would be too small."""
    of_set = problems(
        *(f"Ann has {i} {kind}. How many are left?" for kind in "ab" for i in range(30))
    )
    whole = shared_endings({"set": of_set}, 0.4, "clean")["set"]
    for size in (5, 20, 55):
        parts = {"set": of_set[:size], "null": of_set[size:]}
        found = shared_endings(parts, 0.4, "clean")
        assert found["set"] | found["null"] == whole
