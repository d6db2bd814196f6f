r"""`matrices` against sympy's matrices and every draw of small sizes."""

import re
from collections import defaultdict
from fractions import Fraction
from itertools import count
from math import log2

import pytest
import sympy
from draws import every_draw

from clean_bench.seeds import digest
from generators.families.algebra.matrices import family
from generators.families.algebra.matrices.family import Matrices, sums_of

FAMILY = Matrices()


def item(tier, number, notation="latex"):
    words = digest("test", tier, number, length=FAMILY.random_bytes)
    return FAMILY.make(words, tier, notation=notation)


def latex(plain):
    """The same matrices in LaTeX."""
    found = re.sub(r"\], \[", r" \\\\ ", plain.replace(" * ", " "))
    found = found.replace("[[", r"\begin{pmatrix} ").replace("]]", r" \end{pmatrix}")
    inside = r"(?<=\d), (?=-?\d)"
    return re.sub(inside, " & ", found)


BY_HAND = [
    ("determinant", "[[3, 5], [-2, 7]]", 31),
    ("determinant", "[[1, 2, 3], [4, 5, 6], [7, 8, 10]]", -3),
    ("trace", "[[1, 2], [3, 4]] * [[5, 6], [7, 8]]", 5 + 14 + 18 + 32),
    ("entry in row 2 and column 1", "[[1, 2], [3, 4]] * [[5, 6], [7, 8]]", 15 + 28),
    ("entry in row 1 and column 2", "[[5, 6], [7, 8]] * [[1, 2], [3, 4]]", 10 + 24),
    # [[19, 22], [43, 50]] - [[2, 0], [0, 2]] = [[17, 22], [43, 48]]
    (
        "determinant",
        "[[1, 2], [3, 4]] * [[5, 6], [7, 8]] - 2 * [[1, 0], [0, 1]]",
        17 * 48 - 22 * 43,
    ),
    ("trace", "3 * [[1, 9], [9, 4]] + [[0, 1], [1, 0]] * [[-1, 9], [0, 9]]", 15 + 9),
]


@pytest.mark.parametrize(("question", "expression", "answer"), BY_HAND)
def test_matrices_by_hand_in_both_notations(question, expression, answer):
    canonical = set()
    for printed in (expression, f"${latex(expression)}$"):
        text = f"Find the {question} of the matrix {printed}."
        form = FAMILY.read(text)
        canonical.add(FAMILY.canonical(form))
        assert FAMILY.evaluate(text) == answer
        assert FAMILY.answer(form) == str(answer)
        assert FAMILY.solution(form).endswith(f" is {answer}")
    assert len(canonical) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Find the determinant of the matrix [[1, 2], [3, 4], [5, 6]].",
        "Find the determinant of the matrix [[1, 2, 3], [3, 4]].",
        "Find the determinant of the matrix [[1, 2], [3, 4]] + [[1, 2, 3], [4, 5, 6], [7, 8, 9]].",
        "Find the determinant of the matrix [[1, 2], [3, 4]] + 2.",
        "Find the determinant of the matrix [[1, 2], [3, x]].",
        "Find the determinant of the matrix [[1, 2], [3, 4]] +.",
        "Find the entry in row 3 and column 1 of the matrix [[1, 2], [3, 4]].",
        "Find the rank of the matrix [[1, 2], [3, 4]].",
        "Find the trace of the matrix .",
        "Find the trace of the matrix " + "[[1, 2], [3, 4]] + " * 500 + "[[1, 2], [3, 4]].",
        "Find the trace of the matrix [[" + "1, " * 1200 + "1]].",
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        FAMILY.evaluate(text)
    with pytest.raises(ValueError):
        FAMILY.read(text)


def by_sympy(text):
    """The answer of a plain text by sympy's matrices, and how many operations it took."""
    code = re.search(r"matrix (.*)[.?]$", text)[1]
    code = re.sub(r"\[\[.*?\]\]", r"M(\g<0>)", code)
    steps = len(re.findall(r" [-+*] ", code))
    value = eval(code, {"__builtins__": {}}, {"M": sympy.Matrix})  # noqa: S307
    if "determinant" in text:
        return value.det(), steps + 1
    if "trace" in text:
        return value.trace(), steps + 1
    row, column = map(int, re.search(r"row (\d) and column (\d)", text).groups())
    return value[row - 1, column - 1], steps


@pytest.mark.parametrize("tier", [1, 2, 3, 4, 5, 8, 13, 20])
def test_answers_and_steps_are_those_of_sympy(tier):
    for number in range(25):
        found = item(tier, number, "plain")
        value, steps = by_sympy(found.problem)
        assert Fraction(found.answer) == Fraction(int(value))
        assert steps == tier
        assert len(found.answer.lstrip("-")) <= 20


def test_no_determinant_can_exceed_twenty_digits():
    entries = {1: 99, 2: max(9 * 99, 3 * 99**2), 3: 9 * 3 * 99**2}
    largest = [0]
    for size in range(1, 21):
        largest.append(max(entries[s] + largest[size - s] for s in entries if s <= size))
    assert 6 * largest[20] ** 3 < 10**20


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(family, "SIZES", (2,))
    monkeypatch.setattr(family, "NUMBERS", range(2, 4))
    family.sums_of.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    family.sums_of.cache_clear()


def distribution(tier):
    probability, forms = defaultdict(float), {}
    for form, p in every_draw(FAMILY, tier):
        name = FAMILY.canonical(form)
        probability[name] += p
        forms[name] = form
    assert sum(probability.values()) == pytest.approx(1)
    assert FAMILY.min_bits(tier) <= -log2(max(probability.values())) + 1e-9
    assert len(forms) <= FAMILY.most(tier)
    return {name: (form, -log2(probability[name])) for name, form in forms.items()}


@pytest.mark.parametrize("tier", [1, 2, 3, 4, 5])
def test_the_bits_of_everything_but_entries_are_exact(small, tier):
    """With one matrix only, a form is the multiset of the kinds of its terms."""
    small.setattr(family, "ENTRY", 0)
    for form, bits in distribution(tier).values():
        assert FAMILY.bits(form) == pytest.approx(bits)
        assert FAMILY.part_bits(form) <= bits + 1e-9


def test_the_bits_of_entries_count_those_that_matter(small):
    """At one step: an entry of a product depends on four of the eight numbers, a determinant on all."""
    small.setattr(family, "ENTRY", 1)
    found = distribution(1)
    for form, bits in found.values():
        unused = 4 * log2(3) if form.question == "entry" else 0
        assert FAMILY.bits(form) + unused == pytest.approx(bits)
    assert len(found) == FAMILY.space(1) == 3**4 + 4 * 3**8


@pytest.mark.parametrize("tier", [1, 2, 3, 5])
def test_the_numbers_that_do_not_matter_do_not_matter(tier):
    """With numbers of no special kind, just as many as are counted change the answer."""
    for number in range(40):
        form = item(tier, number).form
        numbers = (pow(7, k * k, 10_007) for k in count(1))
        generic = tuple(
            (sign, name, (n, *(tuple(next(numbers) for _ in matrix) for matrix in matrices)))
            for sign, name, (n, *matrices) in form.terms
        )
        form, changed = form._replace(terms=generic), 0
        for i, (sign, name, (n, *pair)) in enumerate(form.terms):
            for which, matrix in enumerate(pair):
                for cell in range(len(matrix)):
                    other = list(pair)
                    other[which] = (*matrix[:cell], matrix[cell] + 1000, *matrix[cell + 1 :])
                    terms = (*form.terms[:i], (sign, name, (n, *other)), *form.terms[i + 1 :])
                    changed += FAMILY.answer(form._replace(terms=terms)) != FAMILY.answer(form)
        sums = sums_of(form.question, form.size)
        assert changed == sum(sums.kinds[name].relevant for _, name, _ in form.terms)


def test_the_likeliest_item_by_hand():
    """One determinant of a 2x2 matrix: one of two questions, one of two sizes, four entries."""
    form = FAMILY.read("Find the determinant of the matrix [[1, 2], [3, 4]].")
    assert FAMILY.bits(form) == pytest.approx(2 + 4 * log2(199))
    assert FAMILY.min_bits(1) == pytest.approx(FAMILY.bits(form))
    assert FAMILY.part_bits(form) == 0


def canonical(expression):
    return FAMILY.canonical(FAMILY.read(f"Find the trace of the matrix {expression}."))


def test_sums_commute_and_products_do_not():
    a, b, c = "[[1, 2], [3, 4]]", "[[5, 6], [7, 8]]", "[[2, 0], [1, 1]]"
    same = [
        f"{a} * {b} - 3 * {c} + {a}",
        f"{a} + {a} * {b} - 3 * {c}",
        f"{a} - 3 * {c} + {a} * {b}",
    ]
    near = [
        f"{b} * {a} - 3 * {c} + {a}",
        f"{a} * {b} + 3 * {c} - {a}",
        f"{a} * {b} - 3 * {c} + {b}",
        f"{a} * {b} - 2 * {c} + {a}",
        f"3 * {a} * {b} - {c} + {a}",
        f"{a} * {b} - 3 * {c}",
    ]
    assert len({canonical(other) for other in same}) == 1
    assert len({canonical(other) for other in (same[0], *near)}) == 1 + len(near)
    entry, determinant = "entry in row 1 and column 2", "determinant"
    texts = [f"Find the {question} of the matrix {a}." for question in (entry, determinant)]
    assert len({FAMILY.canonical(FAMILY.read(text)) for text in texts}) == 2


def test_the_items_of_this_version():
    """A change here is a new version of the family: published sets must stay what they were."""
    assert item(1, 0, "plain").problem == (
        "Work out the determinant of the matrix [[-78, -76, -41], [48, 7, -6], [44, -60, -43]]."
    )
    assert item(2, 1, "plain").problem == (
        "Find the entry in row 1 and column 1 of the matrix [[-47, -62], [-47, 38]] + [[29, -77], "
        "[-7, -59]] * [[-25, 55], [26, 4]]."
    )
