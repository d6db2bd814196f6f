"""`percentages` against its sentences read one by one, an enumeration of every draw, and by hand."""

import re
from collections import defaultdict
from fractions import Fraction
from math import log2

import pytest
from draws import every_draw

from clean_bench.seeds import digest
from generators.families.proportion.percentages import family
from generators.families.proportion.percentages.family import Account, Percentages
from generators.families.proportion.percentages.phrases import CLOSINGS, FIELDS, STORIES

FAMILY = Percentages()


def item(tier, number, notation=None):
    words = digest("test", tier, number, length=FAMILY.random_bytes)
    return FAMILY.make(words, tier, notation=notation)


def told(problem):
    """The value of a plain text and its number of steps, by what its sentences say in passing."""
    steps = 0
    for sentence in re.split(r"(?<=[.?]) ", problem)[:-1]:
        numbers = [Fraction(n) for n in re.findall(r"[0-9]+(?:\.[0-9]+)?", sentence)]
        if not numbers:
            continue
        steps += 1
        if re.search("less|shrink|cut|falls", sentence):
            numbers[-1] = -numbers[-1]
        if " than " in sentence:
            value = numbers[0] / (1 + numbers[1] / 100)
        elif "percentage" in sentence:
            value = value / numbers[0] * 100
        elif len(numbers) == 2:
            value += numbers[0] / 100 * numbers[1]
            steps += 1
        elif "%" in sentence:
            value *= 1 + numbers[0] / 100
        else:
            value = numbers[0]
            steps -= 1
    return value, steps


@pytest.mark.parametrize("tier", FAMILY.tiers)
def test_answers_are_what_the_sentences_say(tier):
    for number in range(50):
        found = item(tier, number, "plain")
        assert told(found.problem) == (Fraction(found.answer), tier)
        assert len(found.answer.replace(".", "")) <= 20
        lines = FAMILY.solution(found.form).removesuffix("%").split(", ")
        assert len(lines) == tier
        assert lines[-1].endswith(f"= {found.answer}")


STORY = (
    "Ann has 53174 euros in savings, which is 12% less than Ben has. Then Ben's savings grow by 20%. "
    "Then Ben's savings shrink by 50%. Then Ben adds 30% of a bonus of 4250 euros to the savings. "
    "What percentage of 50000 euros are Ben's savings now? Do not round."
)
FORM = Account(60425, 88, ((120, 0), (50, 0), (30, 4250)), 50000)


def test_a_story_by_hand():
    """53174 / 0.88 = 60425; 60425 * 1.2 = 72510; half is 36255; 1275 more are 37530; of 50000."""
    assert FAMILY.read(STORY) == FORM
    assert FAMILY.answer(FORM) == "75.06"
    assert FAMILY.evaluate(STORY) == Fraction("75.06")
    assert FAMILY.solution(FORM) == (
        "53174 / 0.88 = 60425, 60425 * 1.2 = 72510, 72510 * 0.5 = 36255, 0.3 * 4250 = 1275, "
        "36255 + 1275 = 37530, 37530 / 50000 = 75.06%"
    )
    assert FAMILY.canonical(FORM) == "5317400/88*50*120+30%4250:50000"


def test_latex_by_hand():
    """10000.50 / 1.5 = 6667."""
    text = (
        r"The new cellar holds $10000.50$ litres of juice, which is $50\%$ more than the old cellar"
        " holds. How many litres of juice does the old cellar hold now? Do not round."
    )
    assert FAMILY.evaluate(text) == 6667
    assert FAMILY.read(text) == Account(6667, 150, (), 0)
    for wrong in ("$10000.50", "10000.50$", "$10000.5$", r"$10000.50\%$"):
        with pytest.raises(ValueError):
            FAMILY.evaluate(text.replace("$10000.50$", wrong))


def test_the_canonical_form_is_that_up_to_commutation():
    def name(*events, amount=50_000, factor=0, goal=0):
        return FAMILY.canonical(Account(amount, factor, events, goal))

    up, down, some, more = (120, 0), (60, 0), (30, 4250), (25, 9000)
    assert name(up, down) == name(down, up)
    assert name(up, down, some, more) == name(down, up, more, some)
    assert name(up, some, down) != name(down, some, up)
    assert name(up, some) != name(some, up)
    assert name(some, up, more) != name(more, up, some)
    assert name(up) != name(factor=120)
    assert name(up) != name(up, goal=20_000) != name(up, goal=50_000)
    assert name(up, factor=80) != name((80, 0), factor=120)


@pytest.fixture
def small(monkeypatch):
    """The family with few options for everything that is drawn."""
    caches = (family._plans, family._events, family._text_bits)
    for name, options in (
        ("AMOUNTS", range(10_000, 10_002)),
        ("FACTORS", (50, 120)),
        ("SHARES", range(1, 3)),
        ("EXTRAS", range(1_000, 1_001)),
        ("GOALS", (1_000, 2_000)),
    ):
        monkeypatch.setattr(family, name, options)
    for cache in caches:
        cache.cache_clear()
    yield Percentages()
    for cache in caches:
        cache.cache_clear()


def computation(form):
    """What a form asks for, as nested tuples: neighbours of one kind in any order."""
    rows = []
    for event in form.events:
        if rows and (rows[-1][-1][1] > 0) == (event[1] > 0):
            rows[-1].append(event)
        else:
            rows.append([event])
    return form.amount, form.factor, tuple(tuple(sorted(row)) for row in rows), form.goal


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 6])
def test_bits_space_and_bound_are_those_of_every_draw(small, steps):
    probability, bits, names = defaultdict(Fraction), {}, {}
    for form, p in every_draw(small, steps):
        asked = computation(form)
        probability[asked] += p
        bits[asked] = small.bits(form)
        assert names.setdefault(asked, small.canonical(form)) == small.canonical(form)
        assert 0 <= small.part_bits(form) <= small.bits(form)
    assert sum(probability.values()) == 1
    for asked, p in probability.items():
        assert bits[asked] == pytest.approx(-log2(p))
    assert len(set(names.values())) == len(probability) == small.space(steps)
    if steps <= 4:
        assert small.min_bits(steps) == pytest.approx(min(bits.values()))
    assert small.min_bits(steps) <= min(bits.values()) + 1e-9


def test_bits_by_hand():
    """One step is a change, an amount to be found or a goal; five bear 60 bits and one for a half."""
    assert len(family.GOALS) == 15
    assert FAMILY.min_bits(1) == pytest.approx(log2(3 * 990_000 * 15))
    assert FAMILY.space(1) == 990_000 * (110 + 110 + 15)
    change = Account(50_000, 0, ((120, 0),), 0)
    assert FAMILY.bits(change) == pytest.approx(log2(3 * 990_000 * 110))
    assert FAMILY.part_bits(change) == 0
    assert FAMILY.min_bits(5) - 1 >= 60


def test_the_part_is_what_comes_before_the_last_step():
    before = FORM._replace(goal=0)
    assert FAMILY.part_bits(FORM) == FAMILY.bits(before)
    assert FAMILY.part_bits(before) == FAMILY.bits(before._replace(events=FORM.events[:2]))
    assert FAMILY.part_bits(Account(50_000, 0, ((30, 4250),), 0)) == pytest.approx(
        log2(99 * 99_000)
    )


def test_no_sentence_says_two_things():
    assert all(len(set(story)) == len(story) for story in STORIES)
    said = defaultdict(set)
    for story in STORIES:
        for field, sentence in zip(FIELDS, story, strict=True):
            said[sentence].add(field)
    assert all(len(fields) == 1 for fields in said.values())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Do not round.", "Round."),
        (" Do not round.", ""),
        ("12% less", "100% less"),
        ("grow by 20%", "grow by 100%"),
        ("grow by 20%", "grow by 2000000000000%"),
        ("30% of a", "30 of a"),
        ("50000", "70000"),
        ("Then Ben's savings shrink", "Then Mira's savings shrink"),
        ("Ann has 53174 euros in savings, which is 12% less than Ben has. ", ""),
        ("What percentage of 50000 euros are Ben's savings now? ", ""),
        ("53174 euros", "53174 dollars"),
        ("53174", "#"),
        ("Then Ben's savings shrink by 50%. ", "Then Ben's savings shrink by 50%. " * 200),
    ],
)
def test_other_texts_are_refused(old, new):
    assert STORY.count(old) == 1
    with pytest.raises(ValueError):
        FAMILY.evaluate(STORY.replace(old, new))
    with pytest.raises(ValueError):
        FAMILY.read(STORY.replace(old, new))


def test_a_first_amount_that_is_not_whole_is_not_read():
    with pytest.raises(ValueError):
        FAMILY.read(STORY.replace("53174", "53175"))


def test_every_closing_is_told():
    closings = {
        found
        for number in range(60)
        for found in CLOSINGS
        if item(1, number).problem.endswith(found)
    }
    assert closings == set(CLOSINGS)


def test_one_item_is_pinned():
    """A change here is a new version of the family."""
    assert FAMILY.version == 1
    assert item(3, 0).problem == (
        r"Mira has $592645$ pounds in savings. Then Mira adds $80\%$ of a bonus of $18686$ pounds to the"
        r" savings. What percentage of $15625$ pounds are Mira's savings now?"
        " The exact value is wanted, as a decimal if it is not whole."
    )
    assert item(3, 0).answer == "3888.60032"
