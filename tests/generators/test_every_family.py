"""What every family must hold to: exact answers, honest bits, disjoint halves, golds that grade."""

from collections import Counter
from fractions import Fraction
from math import log2, sqrt

import pytest

from clean_bench.grading.grade import grade
from clean_bench.seeds import Draw, digest
from generators.family import NOTATIONS, DrawnFamily
from generators.registry import FAMILIES

NAMES = list(FAMILIES)
LONGEST_ANSWER = 60
LONGEST_PROBLEM = 4000
DRAWN = [name for name, family in FAMILIES.items() if isinstance(family, DrawnFamily)]
NO_PATH_COUNT = {
    "polynomials": "draws with two equal polynomials are rejected, which `bits` allows for",
    "linear-equations": "`bits` allows for rejected equations",
    "equation-systems": "`bits` allows for rejected systems",
    "measures": "`bits` is a proven lower bound",
    "word-problems": "the draw paths of one form differ in probability",
    "stories": "`bits` is a proven lower bound",
}
"""Drawn families whose `bits` is not minus log2 of a number of equally likely draw paths."""


def items(family, tier, count, label="every", split="all", notation=None):
    words = (digest(label, tier, i, length=family.random_bytes) for i in range(count))
    made = (family.make(w, tier, split, notation) for w in words)
    return [item for item in made if item]


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_text_comes_to_the_answer_in_both_notations(name):
    family = FAMILIES[name]
    assert set(family.notations) == set(NOTATIONS)
    for tier in family.tiers:
        usual = items(family, tier, 30)
        assert len(usual) >= 15
        assert usual == items(family, tier, 30)
        other = items(family, tier, 30, notation=family.notations[1])
        for item, again in zip(usual, other, strict=True):
            assert again.answer == item.answer
            assert again.bits == item.bits
            assert family.canonical(again.form) == family.canonical(item.form)
            for printed in (item, again):
                assert family.evaluate(printed.problem) == Fraction(printed.answer)
                read = family.canonical(family.read(printed.problem))
                assert read == family.canonical(item.form)
                assert len(printed.problem) <= LONGEST_PROBLEM
                assert printed.problem == " ".join(printed.problem.split())
            assert len(item.answer) <= LONGEST_ANSWER
            assert family.solution(item.form)


@pytest.mark.parametrize("name", NAMES)
def test_latex_is_marked_and_plain_text_has_none(name):
    family = FAMILIES[name]
    for tier in (family.tiers[0], family.tiers[-1]):
        for latex, plain in zip(
            items(family, tier, 20, notation="latex"),
            items(family, tier, 20, notation="plain"),
            strict=True,
        ):
            assert latex.problem.count("$") % 2 == 0
            assert "$" in latex.problem or "\\" in latex.problem
            assert not {"$", "\\", "{", "}"} & set(plain.problem)


@pytest.mark.parametrize("name", NAMES)
def test_bits_are_no_overstatement(name):
    """No bound is undercut, and two draws meet no more often than their bits say.

    With P(form) <= 2^-bits, two draws have the same form with probability at most E[2^-bits].
    """
    family = FAMILIES[name]
    for tier in family.tiers:
        for item in items(family, tier, 20):
            assert item.bits >= family.min_bits(tier) - 1e-9
            assert 0 <= family.part_bits(item.form) <= item.bits + 1e-9
            assert 0 <= family.split_bits(item.form) <= family.most_split_bits(tier)
    tier = family.tiers[0]
    drawn = items(family, tier, 4000)
    forms = Counter(family.canonical(item.form) for item in drawn)
    pairs = len(drawn) * (len(drawn) - 1) / 2
    met = sum(count * (count - 1) / 2 for count in forms.values())
    expected = pairs * sum(2**-item.bits for item in drawn) / len(drawn)
    assert met <= expected + 6 * sqrt(expected) + 3
    assert len(forms) <= family.most(tier)


class PathDraw(Draw):
    """A `Draw` that sums up minus log2 of the probability of the numbers it returned."""

    __slots__ = ("path_bits",)

    def __init__(self, entropy):
        super().__init__(entropy)
        self.path_bits = 0.0

    def below(self, n):
        self.path_bits += log2(n)
        return super().below(n)


@pytest.mark.parametrize("name", DRAWN)
def test_bits_never_exceed_those_of_the_draw_path(name):
    """A form is at least as likely as the draw path that led to it.

    Where `bits` is exact and all paths to a form are equally likely, 2^(path - bits) is the number of
    these paths, an integer. It is compared where floating point resolves it.
    """
    family, compared = FAMILIES[name], 0
    for tier in family.tiers[:12]:
        for i in range(40):
            draw = PathDraw(digest("path", tier, i, length=family.random_bytes))
            form = family.draw(draw, tier)
            if form is None:
                continue
            excess = draw.path_bits - family.bits(form)
            assert excess >= -1e-9
            if name not in NO_PATH_COUNT and excess < 20:
                paths = 2**excess
                assert abs(paths - round(paths)) < 1e-3
                compared += 1
    assert name in NO_PATH_COUNT or compared >= 100


@pytest.mark.parametrize("name", NAMES)
def test_no_form_is_likelier_than_one_over_the_space(name):
    """Were every form likelier than that, the probabilities would exceed one."""
    family = FAMILIES[name]
    for tier in family.tiers:
        space = family.space(tier)
        assert space is None or family.min_bits(tier) <= log2(space) + 1e-9
        assert family.most(tier) >= (space or 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_halves_share_nothing_and_lose_the_bits_they_say(name):
    family = FAMILIES[name]
    for tier in family.tiers[:2]:
        halves = {}
        for split in ("train", "eval"):
            made = items(family, tier, 200, label=split, split=split)
            assert len(made) >= 40
            assert {family.split_of(item.form) for item in made} == {split}
            halves[split] = {family.canonical(item.form) for item in made}
        assert not halves["train"] & halves["eval"]


@pytest.mark.parametrize("name", NAMES)
def test_a_gold_answer_is_graded_equal_and_a_near_miss_is_not(name):
    family = FAMILIES[name]
    pairs, expected = [], []
    for tier in (family.tiers[0], family.tiers[-1]):
        for item in items(family, tier, 5):
            pairs += [(item.answer, rf"So the answer is \boxed{{{item.answer}}}.")]
            value = Fraction(item.answer)
            pairs += [(item.answer, rf"\boxed{{{value + Fraction(1, value.denominator)}}}")]
            pairs += [(item.answer, rf"\boxed{{{value + 1}}}")]
            expected += ["equal", "different", "different"]
    assert [verdict.kind for verdict in grade(pairs)] == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_text_of_another_family_is_refused(name):
    family = FAMILIES[name]
    texts = ["", "What?", "What is the value of ?", "$" * 50, "x" * 20_000]
    for text in texts:
        with pytest.raises(ValueError):
            family.evaluate(text)
        with pytest.raises(ValueError):
            family.read(text)
