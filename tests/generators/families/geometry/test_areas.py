"""`areas`: figures worked by hand, against sympy's polygons, and every draw of small figures."""

from collections import defaultdict
from fractions import Fraction
from itertools import product
from math import log2, sqrt

import pytest
import sympy

from clean_bench.seeds import digest
from generators.families.geometry.areas import figures
from generators.families.geometry.areas.family import Areas
from generators.families.geometry.areas.figures import Figure

FAMILY = Areas()
EXACTLY = " Give the exact value, as a decimal or a fraction."

PARK = (
    "A park consists of parts that lie side by side without overlapping: a rectangle of 47.3 m by 120 m "
    "out of which a right triangle with legs of 12.5 m and 8 m is cut; and a trapezoid with bases of "
    "60.2 m and 41 m and a height of 44.4 m. What is the area of the park in square meters?"
    + EXACTLY
)
BADGE = (
    "A badge has the shape of a right triangle with legs of $50$ mm and $40.1$ mm. A copy is made in "
    r"which every length is $\frac{3}{2}$ times as long. What is the area of the copy in square "
    "millimeters?" + EXACTLY
)
FIELDS = (
    "There are several separate fields: a rectangle of 50 m by 60.5 m; a right triangle with legs of "
    "60 m and 80 m; and a rectangle of 40 m by 41 m. What is the sum of the perimeters of the fields in "
    "meters?" + EXACTLY
)
PRISM = (
    "The shape of a panel is a rectangle of 50 cm by 60 cm with a hole in the shape of a rectangle of "
    "10 cm by 20 cm. A straight prism with this base is 41.5 cm high. What is the volume of the prism "
    "in cubic centimeters?" + EXACTLY
)
SCULPTURE = (
    "A sculpture is glued together from these solids: a box of 40 cm by 50 cm by 60.5 cm; and a "
    "straight prism over a right triangle with legs of 50 cm and 60 cm, with a height of 40.2 cm. What "
    "is the volume of the sculpture in cubic centimeters?" + EXACTLY
)


def items(tier, count, label="areas"):
    for i in range(count):
        yield FAMILY.make(digest(label, tier, i, length=FAMILY.random_bytes), tier)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (PARK, "7872.64"),  # 5676 - 50 + 101.2 * 44.4 / 2
        (BADGE, "18045/8"),  # 50 * 40.1 / 2 * 9 / 4
        (FIELDS, "623"),  # 221 + (60 + 80 + 100) + 162
        (PRISM, "116200"),  # (3000 - 200) * 41.5
        (SCULPTURE, "181300"),  # 121000 + 1500 * 40.2
    ],
)
def test_figures_worked_by_hand(text, answer):
    assert FAMILY.evaluate(text) == Fraction(answer)
    form = FAMILY.read(text)
    assert FAMILY.answer(form) == answer
    assert FAMILY.solution(form).endswith(answer)
    assert FAMILY.evaluate(text.replace("$", "")) == Fraction(answer)


@pytest.mark.parametrize(
    "text",
    [
        PARK.replace("47.3 m", "47.3 cm"),
        PARK.replace("47.3", "47.35"),
        PARK.replace("rectangle", "hexagon"),
        PARK.replace("12.5", "112.5"),
        PARK.replace("square", "cubic"),
        PARK.replace("; and", "; or"),
        PARK.replace("meters", "feet"),
        BADGE.replace("{2}", "{0}"),
        FIELDS.replace("80 m", "81 m").replace("several", "two"),
        PRISM.replace("41.5 cm", "41.5 m"),
        PARK + PARK,
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        FAMILY.evaluate(text)


def test_a_triangle_without_a_rational_side_has_no_perimeter():
    with pytest.raises(ValueError, match="expected a rational root"):
        FAMILY.evaluate(FIELDS.replace("80 m", "81 m"))


def expected(figure):
    """The answer by sympy's polygons; the sides of a solid's base times what is left."""
    kind = figures.KINDS[figure.kind]
    scale = sympy.Rational(*figure.final) if kind.final == "scale" else sympy.Integer(1)

    def measure(name, lengths):
        a, b, *rest = (sympy.Rational(n, 10) * scale for n in lengths)
        corners = [(0, 0), (a, 0), (a, b), (0, b)]
        if name in ("triangle", "wedge"):
            corners = [(0, 0), (a, 0), (0, b)]
        if name == "trapezoid":
            corners = [(0, 0), (a, 0), (b + 1, rest[0]), (1, rest[0])]
        polygon = sympy.Polygon(*corners)
        if kind.sort == "outline":
            return polygon.perimeter
        return abs(polygon.area) * (rest[0] if kind.sort == "solid" else 1)

    total = 0
    for name, outside, inside in figure.pieces:
        around, _, hole = name.partition("-")
        total += measure(around, outside) - (measure(hole, inside) if hole else 0)
    return total * (sympy.Rational(figure.final[0], 10) if kind.final == "prism" else 1)


@pytest.mark.parametrize("tier", [1, 2, 3, 4, 5, 7, 12, 20])
def test_answers_are_those_of_sympy(tier):
    for item in items(tier, 12):
        assert sympy.Rational(item.answer) == expected(item.form)


@pytest.mark.parametrize("tier", range(1, 21))
def test_steps_are_those_of_the_formulas(tier):
    """Additions, subtractions, multiplications, halvings, squares and roots, counted by hand."""
    steps = {"rectangle": 1, "triangle": 2, "trapezoid": 3, "box": 2, "wedge": 3}
    for item in items(tier, 60):
        figure, count = item.form, 0
        for name, _, _ in figure.pieces:
            if "boundary" in figure.kind:
                count += 2 if name == "rectangle" else 6
            else:
                count += sum(steps[shape] for shape in name.split("-")) + name.count("-")
        count += len(figure.pieces) - 1
        count += {"scaled boundary": 1, "prism": 1}.get(figure.kind, 2 if figure.final else 0)
        assert count == tier
        assert Fraction(item.answer) > 0


@pytest.fixture
def small(monkeypatch):
    """Lengths so few that all draws can be made."""
    monkeypatch.setattr(figures, "OUTSIDE", range(4, 7))
    monkeypatch.setattr(figures, "INSIDE", range(2, 4))
    monkeypatch.setattr(figures, "SCALES", ((2, 1), (3, 2)))
    monkeypatch.setattr(figures, "right_triangles", lambda: ((3, 4), (5, 12)))
    cached = ("piece_choices", "final_choices", "least_bits", "min_bits", "space")
    for name in cached:
        getattr(figures, name).cache_clear()
    yield
    for name in cached:
        getattr(figures, name).cache_clear()


def every_figure(tier):
    """Every figure that can be drawn, with its probability."""
    for kind in figures.kinds(tier):
        sort, final = figures.KINDS[kind].sort, figures.KINDS[kind].final
        finals = {"": [()], "prism": [(4,), (5,), (6,)], "scale": [(2, 1), (3, 2)]}[final]
        among = figures.sequences(kind, tier)
        for names in among:
            choices = []
            for name in names:
                around, _, hole = name.partition("-")
                outside = list(product((4, 5, 6), repeat=figures.LENGTHS[around]))
                inside = list(product((2, 3), repeat=figures.LENGTHS[hole])) if hole else [()]
                if (sort, name) == ("outline", "triangle"):
                    outside = [(3, 4), (5, 12)]
                choices.append([(name, *both) for both in product(outside, inside)])
            drawn = list(product(product(*choices), finals))
            for pieces, last in drawn:
                share = 1 / len(figures.kinds(tier)) / len(among) / len(drawn)
                yield Figure(kind, pieces, last), share


@pytest.mark.parametrize("tier", [1, 2, 3, 4, 5])
def test_bits_and_space_are_those_of_an_enumeration(small, tier):
    forms, bits = defaultdict(float), {}
    for figure, share in every_figure(tier):
        key = FAMILY.canonical(figure)
        forms[key] += share
        bits[key] = FAMILY.bits(figure)
    assert sum(forms.values()) == pytest.approx(1)
    assert len(forms) == FAMILY.space(tier)
    for key, probability in forms.items():
        assert bits[key] == pytest.approx(-log2(probability)), key
    assert FAMILY.min_bits(tier) <= -log2(max(forms.values())) + 1e-9


def test_the_likeliest_forms_of_one_step():
    forms = len(figures.OUTSIDE) * (len(figures.OUTSIDE) + 1) // 2
    assert FAMILY.space(1) == forms == 46_084_800
    assert FAMILY.min_bits(1) == pytest.approx(-log2(2 / 9600**2))


def test_right_triangles_are_all_there():
    few = {(a, b) for a, b in figures.right_triangles() if b <= 900}
    found = {
        (a, b) for a in range(400, 901) for b in range(a, 901) if sqrt(a * a + b * b).is_integer()
    }
    assert few == found
    assert len(set(figures.right_triangles())) == len(figures.right_triangles())


def test_canonical_forgets_order_and_surface_but_nothing_else():
    def name(text):
        return FAMILY.canonical(FAMILY.read(text))

    assert name(PARK) == name(PARK.replace("47.3 m by 120 m", "120 m by 47.3 m"))
    assert name(PARK) == name(PARK.replace("12.5 m and 8 m", "8 m and 12.5 m"))
    assert name(PARK) == name(PARK.replace("60.2 m and 41 m", "41 m and 60.2 m"))
    assert name(PARK) == name(PARK.replace("park", "lawn"))
    assert name(PARK) != name(
        PARK.replace("41 m and a height of 44.4", "44.4 m and a height of 41")
    )
    assert name(PARK) != name(PARK.replace("right triangle with legs", "rectangle with sides"))
    assert name(FIELDS) != name(FIELDS.replace("40 m by 41 m", "40 m by 42 m"))
    one, two = ("rectangle", (500, 600), ()), ("rectangle-triangle", (700, 800), (20, 30))
    three, four = ("rectangle-triangle", (500, 600), (30, 20)), ("rectangle", (800, 700), ())
    assert FAMILY.canonical(Figure("area", (one, two), ())) == FAMILY.canonical(
        Figure("area", (four, three), ())
    )


def test_a_pinned_item():
    """A change here is a new version of the family."""
    item = FAMILY.make(digest("test", 5, 0, length=FAMILY.random_bytes), 5)
    assert FAMILY.version == 1
    assert item.problem == (
        "A label consists of parts that lie side by side without overlapping: a rectangle with sides of "
        "457.7 mm and 430.2 mm; and a rectangle of 432.1 mm by 172 mm. In a scaled copy every length is "
        "multiplied by 15/7. What is the area of the copy in square millimeters?" + EXACTLY
    )
    assert item.answer == "122050683/98"
