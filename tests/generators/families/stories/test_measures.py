"""`measures`: conversions and stories worked by hand, and the probabilities of small chains."""

import re
from collections import defaultdict
from fractions import Fraction
from math import log2

import pytest

from clean_bench.seeds import Draw, digest
from generators.families.stories import measures
from generators.families.stories.measures import EXACTLY, Measures
from generators.forms.running_total import RunningTotals
from generators.stories.quantities import DIMENSIONS, STYLE_CODES, UNIT_NAMES, smallest
from generators.stories.setting import read_settings

FAMILY = Measures()

PANTRY = (
    "Mia has 12.307 kg of flour in the pantry. Then the mill delivers 860 g of flour. Later Mia fills "
    "all the flour into 7 bags in equal amounts and keeps only one bag. What is the mass of the flour "
    "now, in kilograms?" + EXACTLY
)
PLAN = (
    "Kim sets aside $3$ h $25$ min $7$ s for chess. Next, a visit of Ada costs $1507$ s of the time for "
    "chess. Kim makes the time for chess $4$ times as long as it was. How long is the time for chess "
    "now, in hours?" + EXACTLY
)
ROAD = (
    "Ida counts 3 km 412 m 17 cm of canal in the valley. A flood destroys 99.90 m of canal. How many "
    "meters of canal are there now?" + EXACTLY
)


def items(tier, count, label="measures", notation=None):
    for i in range(count):
        entropy = digest(label, tier, i, length=FAMILY.random_bytes)
        yield FAMILY.make(entropy, tier, notation=notation)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (PANTRY, "1.881"),  # 13.167 / 7
        (PLAN, "12"),  # (12307 - 1507) * 4 = 43200 s
        (ROAD, "3312.27"),
    ],
)
def test_stories_worked_by_hand(text, answer):
    assert FAMILY.evaluate(text) == Fraction(answer)
    assert FAMILY.answer(FAMILY.read(text)) == answer
    assert FAMILY.solution(FAMILY.read(text)).endswith(f": {answer}")
    assert FAMILY.evaluate(text.replace("$", "")) == Fraction(answer)


@pytest.mark.parametrize(
    "text",
    [
        PANTRY.replace("860 g", "860 ml"),
        PANTRY.replace("860 g", "860"),
        PANTRY.replace("860 g", "860.5 g and"),
        PANTRY.replace("7 bags", "7 kg bags"),
        PANTRY.replace("kilograms", "hours"),
        PANTRY.replace("12.307 kg", "12.307.1 kg"),
        PANTRY.replace("flour now", "sugar now"),
        PANTRY.replace(EXACTLY, ""),
        PANTRY.replace("delivers", "eats"),
        PLAN.replace("$4$ times", "$4$ h times"),
        EXACTLY * 300,
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        FAMILY.evaluate(text)
    with pytest.raises(ValueError):
        FAMILY.read(text)


@pytest.mark.parametrize(
    ("text", "dimension", "count"),
    [
        ("1 week 2 days 3 h 4 min 5 s", "time", ((9 * 24 + 3) * 60 + 4) * 60 + 5),
        ("1 day 1 s", "time", 86_401),
        ("3 km 1 m", "length", 300_100),
        ("9.05 m", "length", 905),
        ("0.007 kg", "mass", 7),
        ("1 liter 20 ml", "volume", 1020),
        ("1 dollar 1 cent", "money", 101),
        ("12.50 dollars", "money", 1250),
    ],
)
def test_quantities_by_hand(text, dimension, count):
    assert smallest(text, dimension) == count
    printed = {
        DIMENSIONS[dimension].quantity(count, style, "")[0]
        for style in range(len(DIMENSIONS[dimension].styles))
    }
    assert text in printed


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_style_reads_back(dimension):
    styles = DIMENSIONS[dimension].styles
    assert STYLE_CODES % len(styles) == 0
    for i in range(200):
        count = Draw(digest("quantity", i)).between(1, 999_999)
        for style in range(len(styles)):
            text, size = DIMENSIONS[dimension].quantity(count, style, "")
            assert smallest(text, dimension) == count
            alone = len(re.findall("[a-z]+", text)) == 1
            assert alone == (size > 0)
            assert " 0 " not in f" {text}"
    with pytest.raises(ValueError):
        smallest("1.5 cm", "length")


SECONDS = {
    "s": 1,
    "min": 60,
    "h": 3600,
    "day": 86400,
    "days": 86400,
    "week": 604800,
    "weeks": 604800,
}
METRIC = {
    "cm": 1,
    "m": 100,
    "km": 100_000,
    "g": 1,
    "kg": 1000,
    "ml": 1,
    "liter": 1000,
    "liters": 1000,
}
MONEY = {"cent": 1, "cents": 1, "dollar": 100, "dollars": 100}
ANSWER_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
ANSWER_UNITS |= {
    "centimeters": 1,
    "meters": 100,
    "kilometers": 100_000,
    "grams": 1,
    "kilograms": 1000,
}
ANSWER_UNITS |= {"milliliters": 1, "liters": 1000, "cents": 1, "dollars": 100}


@pytest.mark.parametrize("tier", [1, 2, 3, 5, 9, 20])
def test_answers_follow_from_the_amounts_in_the_text(tier):
    sizes = SECONDS | METRIC | MONEY
    for item in items(tier, 60):
        story, question = item.problem.removesuffix(EXACTLY).rsplit(". ", 1)
        value = None
        for sentence, (sign, _) in zip(story.split(". "), item.form.chain, strict=True):
            found = re.findall(r"([0-9]+(?:\.[0-9]+)?)(?: ([a-z]+))?", sentence)
            if sign in "+-":
                amount = sum(Fraction(n) * sizes[unit] for n, unit in found)
                value = amount if value is None else value + (amount if sign == "+" else -amount)
            else:
                n = int(found[0][0])
                value = value * n if sign == "*" else value / n
            assert value > 0 and value.denominator == 1
        (size,) = (
            ANSWER_UNITS[word] for word in re.findall("[a-z]+", question) if word in ANSWER_UNITS
        )
        assert Fraction(item.answer) == value / size


def test_the_start_is_never_printed_in_the_answers_unit_alone():
    for item in items(1, 500):
        text = item.problem.split(". ")[0]
        units = re.findall(r"[0-9] ([a-z]+)\b", text)
        assert units and set(units) - {item.form.unit.singular, item.form.unit.plural}


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_sentences_have_their_marks(dimension):
    for setting in read_settings(dimension):
        steps = (*setting.add, *setting.subtract, *setting.multiply, *setting.divide)
        for sentence in (*setting.openings, *steps):
            assert sentence.count("#") == 1 and "%" not in sentence
            assert not set(setting.things) & set(re.findall("[a-z]+", sentence))
        assert all("&" in opening for opening in setting.openings)
        assert all(question.count("%") == 1 for question in setting.questions)
        assert all(re.search("# times", sentence) for sentence in setting.multiply)
        assert all(re.search("equal", sentence) for sentence in setting.divide)
        assert not any(re.search("# times|equal", s) for s in (*setting.add, *setting.subtract))


def test_bits_are_those_of_the_chain_and_of_the_answers_unit(monkeypatch):
    """All chains of one step with few terms, and every dimension and unit, with probabilities."""
    small = RunningTotals(range(2, 8), range(2, 4))
    monkeypatch.setattr(measures, "TOTALS", small)
    chains = defaultdict(int)
    for i in range(3000):
        chains[small.draw(Draw(digest("few", i)), 1)] += 1
    forms, bits = defaultdict(float), {}
    for chain in chains:
        for name, dimension in DIMENSIONS.items():
            for unit in dimension.units:
                form = measures.Measured(chain, name, unit)
                key = FAMILY.canonical(form).rpartition(":")[2]
                forms[key] += 1 / len(DIMENSIONS) / len(dimension.units) / len(chains)
                bits[key] = FAMILY.bits(form) - small.bits(chain)
                assert FAMILY.bits(form) >= FAMILY.min_bits(1)
    assert sum(forms.values()) == pytest.approx(1)
    assert {key: -log2(share) for key, share in forms.items()} == pytest.approx(bits)


def test_units_of_the_answer_are_uniform():
    seen = defaultdict(int)
    for i in range(6000):
        draw = Draw(digest("wanted", i, length=FAMILY.random_bytes))
        seen[FAMILY.draw(draw, 1).unit] += 1
    for dimension in DIMENSIONS.values():
        for unit in dimension.units:
            expected = 6000 / len(DIMENSIONS) / len(dimension.units)
            assert abs(seen[unit] - expected) < 6 * expected**0.5
    assert set(seen) == set(UNIT_NAMES)


def test_min_bits_bound_the_likeliest_form():
    """A start of 200..999999 that is divided by 98 parts, with an answer in the smallest unit."""
    likeliest = (
        max(1 / 4 / 98 / (999_800 // n) for n in range(2, 100)) * (1 / 5 + 1 / 3 + 3 / 2) / 5
    )
    assert FAMILY.min_bits(1) <= -log2(likeliest) <= FAMILY.min_bits(1) + 0.2


def test_canonical_ignores_only_units_order_and_surface():
    def name(text):
        return FAMILY.canonical(FAMILY.read(text))

    assert name(PANTRY) == name(PANTRY.replace("12.307 kg", "12307 g").replace("860 g", "0.860 kg"))
    swapped = PANTRY.replace("12.307 kg", "# g").replace("860 g", "12.307 kg").replace("#", "860")
    assert name(PANTRY) == name(swapped.replace("Mia", "Ada").replace("flour", "rice"))
    assert name(PANTRY) != name(PANTRY.replace("kilograms", "grams"))
    assert name(PANTRY) != name(PANTRY.replace("860 g", "860 kg"))
    assert name(PANTRY) != name(PANTRY.replace("7 bags", "3 bags"))
    assert name(PLAN) != name(PLAN.replace("hours", "minutes"))


def test_a_pinned_item():
    """A change here is a new version of the family."""
    item = FAMILY.make(digest("test", 3, 0, length=FAMILY.random_bytes), 3)
    assert FAMILY.version == 1
    assert item.problem == (
        "On the building site of Jon there is a heap of 715 kg 943 g of cement. Rain washes away "
        "352560 g of cement. Soon afterward, a barge delivers 299.020 kg of cement. After that, Jon "
        "divides the cement into 21 equal heaps and sells all heaps but one. What is the mass of the "
        "cement now, in grams?" + EXACTLY
    )
    assert item.answer == "31543"
