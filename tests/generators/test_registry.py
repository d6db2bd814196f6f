"""Families and flavors by name."""

from fractions import Fraction

import pytest

from clean_bench.errors import UserError
from clean_bench.seeds import digest
from generators.family import Family
from generators.registry import FAMILIES, FLAVORS, family, flavored

SUBJECTS = {"arithmetic", "algebra", "proportion", "geometry", "combinatorics", "stories"}


def refusal(function, *args):
    with pytest.raises(UserError) as caught:
        function(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_there_are_at_least_fourteen_families_each_under_its_name():
    assert len(FAMILIES) >= 14
    assert {"random-calculation", "integer-chains", "word-problems"} <= FAMILIES.keys()
    for name, found in FAMILIES.items():
        assert isinstance(found, Family)
        assert found.name == name
        assert family(name) is found
        assert name == name.lower()
        assert name.replace("-", "").isalnum()
        assert found.subject in SUBJECTS
        assert found.summary
        assert "\n" not in found.summary
        assert found.version >= 1
        assert found.tiers == range(found.tiers[0], found.tiers[-1] + 1)
        assert found.tiers[0] >= 1
    assert len({type(found) for found in FAMILIES.values()}) == len(FAMILIES)


def test_no_two_families_make_the_same_items():
    """Their names are among the labels of the words, and their texts are their own."""
    texts = {
        name: {
            item.problem
            for i in range(30)
            if (
                item := found.make(digest("registry", i, length=found.random_bytes), found.tiers[0])
            )
        }
        for name, found in FAMILIES.items()
    }
    assert all(len(drawn) >= 15 for drawn in texts.values())
    assert sum(map(len, texts.values())) == len(set().union(*texts.values()))


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("random-calc", "did you mean random-calculation"),
        ("word-problem", "did you mean word-problems"),
        ("linear-equation", "did you mean linear-equations"),
    ],
)
def test_an_unknown_family_lists_the_close_names(name, listed):
    said = refusal(family, name)
    assert said.startswith(f"there is no family {name!r}: {listed}")
    assert said.count(" or ") <= 2
    assert refusal(flavored, name, "paper") == said


def test_a_name_that_is_close_to_none_lists_them_all():
    assert refusal(family, "qqqq") == (
        f"there is no family 'qqqq': did you mean {' or '.join(FAMILIES)}?"
    )


def test_a_flavor_is_a_family_of_its_own():
    usual, paper = (flavored("random-calculation", name) for name in (None, "paper"))
    assert usual is flavored("random-calculation", "default") is family("random-calculation")
    assert paper is not usual
    assert paper.name == "random-calculation-paper"
    assert family("random-calculation-paper") is paper
    assert paper.name not in FAMILIES
    words = (digest("paper", i, length=paper.random_bytes) for i in range(30))
    items = [item for item in (paper.make(w, 5) for w in words) if item]
    assert len(items) > 20
    for item in items:
        assert paper.evaluate(item.problem) == Fraction(item.answer)
        assert paper.canonical(paper.read(item.problem)) == paper.canonical(item.form)


def test_every_flavor_is_found_by_its_own_name():
    for (name, flavor), found in FLAVORS.items():
        assert name in FAMILIES
        assert flavored(name, flavor) is family(found.name) is found
        assert found.name not in FAMILIES


def test_an_unknown_flavor_lists_those_there_are():
    assert refusal(flavored, "random-calculation", "papers") == (
        "--flavor papers: expected default or paper for random-calculation"
    )
    assert (
        refusal(flavored, "fractions", "paper") == "--flavor paper: expected default for fractions"
    )
    assert refusal(flavored, "random-calculation-paper", "paper").startswith("--flavor paper: ")
