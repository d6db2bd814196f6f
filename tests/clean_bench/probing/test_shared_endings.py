"""Problems whose rest also ends another problem, against a comparison of all pairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clean_bench.probing.conclude import clusters_of
from clean_bench.probing.cut import cut
from clean_bench.probing.shared_endings import shared_endings
from clean_bench.problems import Problem

WORDS = st.lists(st.sampled_from(["odd", "even", "Is", "x", "$x$", "or  neither?"]), max_size=6)


def problems(*texts: str) -> list[Problem]:
    return [Problem(str(place), text) for place, text in enumerate(texts)]


@given(st.lists(WORDS.map(" ".join), max_size=8), st.lists(WORDS.map(" ".join), max_size=4))
def test_it_finds_what_a_comparison_of_all_pairs_finds(one: list[str], two: list[str]) -> None:
    sets = {"one": problems(*one), "two": problems(*two)}
    clusters = {name: clusters_of(of_set) for name, of_set in sets.items()}

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
                if (other_name, clusters[other_name][other.id])
                != (name, clusters[name][problem.id])
            )
        }
        for name, of_set in sets.items()
    }
    assert shared_endings(sets, clusters, 0.6, "clean") == expected


def test_a_stock_phrase_is_shared_and_a_near_duplicate_is_no_other_problem() -> None:
    of_set = problems(
        "Let $f$ be odd. Is $f(f(x))$ odd, even, or neither? Answer with one of the three words.",
        "Take an even $g$. Is $g(g(x))$ odd, even, or neither?  Answer with ONE of the three words.",
        "Ann has 12 apples and gives 5 of them to her brother Bob. How many does Ann have now?",
        "Ann has 17 apples and gives 8 of them to her brother Bob. How many does Ann have now?",
    )
    sets = {"set": of_set}
    clusters = {"set": clusters_of(of_set)}
    assert clusters["set"]["2"] == clusters["set"]["3"]
    assert shared_endings(sets, clusters, 0.6, "clean") == {"set": {"0", "1"}}
    # In a null set the same template is another problem.
    both = {"set": of_set[:3], "null": of_set[3:]}
    apart = {name: clusters_of(part) for name, part in both.items()}
    assert shared_endings(both, apart, 0.6, "clean") == {"set": {"0", "1", "2"}, "null": {"3"}}
