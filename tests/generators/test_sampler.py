"""Rows against a sequential reference, and overlaps between seeds and between splits."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from math import comb, exp, log2, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.errors import UserError
from clean_bench.seeds import digest
from clean_bench.text.hash_index import HashSet, hash64
from generators import sampler
from generators.families.stories.word_problems import canonical_form, canonical_probability, choices
from generators.family import DrawnFamily, Family
from generators.freshness import FRESH_BITS
from generators.registry import FAMILIES, family
from generators.sampler import Hit, Sampler, draw_blocks, redraw_duplicates
from generators.set_plan import SetPlan, master_seed

CALCULATION, WORDS = family("random-calculation"), family("word-problems")
MASTER, OTHER = master_seed(seed="a"), master_seed(seed="b")


class Toy(DrawnFamily[int]):
    """Sixty numbers, the least of two draws, so that some come often; one draw in eight is invalid."""

    name = "toy"
    tiers = range(1, 3)
    random_bytes = 16

    def draw(self, draw, tier):
        n = min(draw.below(60), draw.below(60))
        return n if draw.below(8) else None

    def render(self, form, notation, draw):
        return f"What is {form}?"

    def answer(self, form):
        return str(form)

    def solution(self, form):
        return f"{form} = {form}"

    def canonical(self, form):
        return f"n{form}"

    def bits(self, form):
        return 5.0

    def part_bits(self, form):
        return 0.0

    def min_bits(self, tier):
        return 4.9

    def space(self, tier):
        return 60

    def read(self, text):
        raise ValueError(text)

    def evaluate(self, text):
        return Fraction(text[8:-1])


TOY = Toy()


class Banned:
    """A decontamination file with these numbers of the toy family."""

    def __init__(self, numbers, drops):
        self.forms = {f"n{number}" for number in numbers}
        self.drops = drops

    def hits(self, row, redraw, problem, canonical):
        return [Hit(row, redraw, "canonical", canonical, 0)] if canonical in self.forms else []


def plan(found=CALCULATION, low=5, high=7, count=30, split="all", master=MASTER):
    return SetPlan(found, low, high, count, split, master, found.notations[0])


def toys(count, split="all", master=MASTER, high=1):
    return plan(TOY, 1, high, count, split, master)


def rows(made, corpus=None):
    blocks = redraw_duplicates(Sampler(made, corpus), draw_blocks(made, corpus=corpus), HashSet())
    return [row for block in blocks for row in block.rows]


def forms(made):
    return {row.canonical for row in rows(made)}


def one_by_one(made, corpus=None):
    """Rows by their definition: (index, redraw, canonical, duplicates, rejected), and hits."""
    family, taken, found, hits = made.family, set(), [], set()
    for index in range(made.count):
        tier = made.low + index % (made.high - made.low + 1)
        redraw = -1
        reasons = Counter()
        while True:
            redraw += 1
            labels = ("item", made.master, family.name, family.version, tier, made.split)
            entropy = digest(*labels, index, redraw, length=family.random_bytes)
            item = family.make(entropy, tier, made.split, made.notation)
            if item is None:
                continue
            name = family.canonical(item.form)
            banned = corpus is not None and name in corpus.forms
            if banned:
                hits.add((index, redraw, name))
            if banned and corpus.drops:
                reasons["rejected"] += 1
            elif name in taken:
                reasons["duplicate"] += 1
            else:
                break
        taken.add(name)
        found.append((index, redraw, name, reasons["duplicate"], reasons["rejected"]))
    if corpus is not None and not corpus.drops:
        kept = {(index, redraw) for index, redraw, *_ in found}
        hits = {hit for hit in hits if hit[:2] in kept}
    return found, hits


def key(row):
    return (row.index, row.redraw, row.canonical, row.duplicates, row.rejected)


def in_blocks(made, ends, corpus=None):
    """The same by blocks that end at each of `ends`, and the number of redraws that took a form which a
    later row of the block had drawn first."""
    drawer = Sampler(made, corpus)
    blocks = [drawer.draw_block(*pair) for pair in pairwise([0, *ends])]
    firsts = {row.index: row.canonical for block in blocks for row in block.rows}
    done = list(redraw_duplicates(drawer, blocks, HashSet()))
    overtaken = 0
    for block in done:
        stop = block.rows[-1].index + 1
        assert block.hashes.tolist() == [hash64(row.canonical) for row in block.rows]
        for row in block.rows:
            later = {firsts[index] for index in range(row.index + 1, stop)}
            overtaken += row.duplicates > 0 and row.canonical in later
    hits = [(hit.row, hit.redraw, hit.what) for block in done for hit in block.hits]
    assert len(hits) == len(set(hits))
    return [key(row) for block in done for row in block.rows], set(hits), overtaken


@pytest.mark.parametrize("banned", [None, False, True], ids=["alone", "found", "rejected"])
@pytest.mark.parametrize("size", [1, 4, 7, 28, 100])
@pytest.mark.parametrize("split", ["all", "eval"])
def test_blocks_give_the_rows_of_drawing_one_by_one(split, size, banned):
    corpus = None if banned is None else Banned(range(5, 60, 6), banned)
    forms = [TOY.canonical(n) for n in range(60)]
    of_split = [n for n in range(60) if split == "all" or TOY.split_of(n) == split]
    left = [n for n in of_split if not banned or forms[n] not in corpus.forms]
    overtaken = duplicates = 0
    for seed in range(8):
        made = toys(len(left) - 4, split, digest("seed", seed, length=32), high=2)
        ends = [*range(size, made.count, size), made.count]
        expected = one_by_one(made, corpus)
        drawn, hits, events = in_blocks(made, ends, corpus)
        assert (drawn, hits) == expected
        assert len({row[2] for row in drawn}) == made.count
        overtaken += events
        duplicates += sum(row[3] for row in drawn)
        assert any(row[4] for row in drawn) == bool(banned)
    assert duplicates > 8 * made.count
    assert overtaken > 0 or size == 1


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.sets(st.integers(1, 49)))
def test_rows_do_not_depend_on_where_blocks_end(master, ends):
    made = toys(50, master=master)
    assert in_blocks(made, [*sorted(ends), 50])[0] == one_by_one(made)[0]


def test_a_block_depends_only_on_the_forms_of_earlier_rows(monkeypatch):
    monkeypatch.setattr(sampler, "BLOCK_ROWS", 20)
    made = toys(55)
    whole = rows(made)
    seen = HashSet()
    for start in (0, 20):
        drawer = Sampler(made)
        (block,) = redraw_duplicates(drawer, [drawer.draw_block(start, start + 20)], seen)
        assert block.rows == whole[start : start + 20]
    rest = redraw_duplicates(Sampler(made), draw_blocks(made, 40), seen)
    assert [row for block in rest for row in block.rows] == whole[40:]


def test_hits_come_in_the_order_of_drawing_in_every_block(monkeypatch):
    """The table of hits is part of a set's identity."""
    monkeypatch.setattr(sampler, "BLOCK_ROWS", 10)
    made, corpus = toys(40), Banned(range(0, 60, 5), True)
    once, again = (
        [
            hit
            for block in redraw_duplicates(
                Sampler(made, corpus), draw_blocks(made, corpus=corpus), HashSet()
            )
            for hit in block.hits
        ]
        for _ in range(2)
    )
    assert once == again
    assert [hit.row // 10 for hit in once] == sorted(hit.row // 10 for hit in once)


@pytest.mark.parametrize(
    "made",
    [
        plan(WORDS, 1, 2, 300, "eval"),
        plan(CALCULATION, 3, 6, 60, "train"),
        plan(FAMILIES["powers-and-roots"], 1, 1, 400),
    ],
    ids=["word-problems", "random-calculation", "powers-and-roots"],
)
def test_a_row_is_reached_without_its_predecessors(made):
    drawn = rows(made)
    few = Sampler(SetPlan(made.family, made.low, made.high, 1, made.split, MASTER, made.notation))
    for row in reversed(drawn):
        item = few.item(row.index, row.redraw)
        assert (item.problem, item.answer) == (row.problem, row.answer)
        assert made.family.canonical(item.form) == row.canonical
        assert made.family.solution(item.form) == row.solution
    if made.family is WORDS:
        assert any(row.duplicates for row in drawn)


def test_an_item_is_what_the_family_makes_of_a_digest():
    """Pinned labels: a change here changes every set."""
    made = plan(CALCULATION, 5, 7, 30, "eval")
    for index in range(30):
        labels = ("item", MASTER, "random-calculation", CALCULATION.version, 5 + index % 3, "eval")
        entropy = digest(*labels, index, 2, length=CALCULATION.random_bytes)
        expected = CALCULATION.make(entropy, 5 + index % 3, "eval", made.notation)
        assert Sampler(made).item(index, 2) == expected


def test_rows_do_not_depend_on_their_number():
    assert rows(plan(WORDS, 1, 2, 2500))[:700] == rows(plan(WORDS, 1, 2, 700))
    assert rows(plan(count=40))[:30] == rows(plan())


@pytest.mark.parametrize(
    ("name", "split", "costs"),
    [
        ("integer-chains", "all", {5: 0, 6: 0, 7: 0}),
        ("integer-chains", "eval", {5: 1, 6: 1, 7: 1}),
        ("random-calculation", "all", {5: 0, 6: 0, 7: 0}),
        ("random-calculation", "train", {5: 3, 6: 4, 7: 5}),
    ],
)
def test_bits_are_rounded_down_and_reduced_by_the_split(name, split, costs):
    made = plan(FAMILIES[name], split=split)
    for row in rows(made):
        item = Sampler(made).item(row.index, row.redraw)
        left = item.bits - costs[5 + row.index % 3]
        if name == "random-calculation" and split != "all":  # two operands of a couple are rejected
            tier = 5 + row.index % 3
            left += log2(1 - comb(tier + 1, 2) / 803 / 0.99)
        assert left - 1e-6 < row.bits <= left
        assert 0 <= made.family.part_bits(item.form) - row.part_bits < 1e-6


def test_rounding_down():
    assert [sampler.round_down(x) for x in (1.9999999, 0.0, 2.5)] == [1.999999, 0.0, 2.5]


# Exhaustion.


def test_many_draws_show_that_a_tier_is_exhausted():
    most = Sampler(toys(10)).draw_limit
    assert most(1) == 20_000
    assert Sampler(plan(WORDS, 1, 1)).draw_limit(1) == 300_000 < 50 * 6988
    assert Sampler(plan()).draw_limit(5) == 300_000


@pytest.mark.parametrize("split", ["train", "eval"])
@pytest.mark.parametrize("rejects", [False, True])
def test_an_exhausted_split_is_refused_with_its_size(split, rejects, monkeypatch):
    monkeypatch.setattr(sampler, "_MIN_DRAW_LIMIT", 5_000)
    corpus = Banned(range(10), True) if rejects else None
    forms_left = [n for n in range(60) if TOY.split_of(n) == split and not (rejects and n < 10)]
    assert {row.canonical for row in rows(toys(len(forms_left), split), corpus)} == {
        TOY.canonical(n) for n in forms_left
    }
    with pytest.raises(UserError) as caught:
        rows(toys(len(forms_left) + 2, split), corpus)
    outside = " outside the files" if rejects else ""
    assert str(caught.value) == (
        f"--count {len(forms_left) + 2}: {len(forms_left)} different problems of 1 steps in the {split} "
        f"split{outside} were drawn, and 5,000 further draws gave no new one: lower --count or raise "
        "--steps"
    )


def test_files_that_hold_every_form_end_in_one_line(monkeypatch):
    monkeypatch.setattr(sampler, "_MIN_DRAW_LIMIT", 3_000)
    with pytest.raises(
        UserError, match=r"^--count 5: 0 different .* outside the files .* 3,000 further draws"
    ):
        rows(toys(5), Banned(range(60), True))


def test_the_rows_of_the_exhausted_tier_are_counted(monkeypatch):
    """Both tiers hold the same sixty forms, so that the rows of one take from the other."""
    monkeypatch.setattr(sampler, "_MIN_DRAW_LIMIT", 5_000)
    with pytest.raises(
        UserError, match=r"^--count 61: 30 different problems of 1 steps were drawn"
    ):
        rows(toys(61, high=2))


# Seeds.


def probabilities():
    """The exact probability of every canonical form of one gain or loss."""
    found = {}
    for start in range(10, 100):
        for sign, options in zip((1, -1), choices(start), strict=True):
            for n in options:
                name = canonical_form(start, (sign * n,))
                found[name] = canonical_probability(start, (sign * n,))
    assert abs(sum(found.values()) - 1) < 1e-9
    return found


def chances(probability, n):
    """The probability of each form to occur in a set of n different forms.

    If forms arrive as independent Poisson processes, a form has arrived by the time t with probability
    1 - exp(-pt); t is chosen so that n forms are expected.
    """
    low, high = 0.0, 1e9
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        if sum(1 - exp(-p * middle) for p in probability.values()) < n:
            low = middle
        else:
            high = middle
    return {name: 1 - exp(-p * low) for name, p in probability.items()}


def test_two_seeds_overlap_as_expected_by_chance():
    chance = chances(probabilities(), 1500)
    expected = sum(c * c for c in chance.values())
    deviation = sqrt(sum(c * c * (1 - c * c) for c in chance.values()))
    sets = [forms(plan(WORDS, 1, 1, 1500, master=master_seed(seed=seed))) for seed in "pqrs"]
    for i, a in enumerate(sets):
        assert a <= chance.keys()
        for b in sets[:i]:
            assert abs(len(a & b) - expected) < 5 * deviation
    # And each form comes as often as it should: checked on the likelier half of the forms.
    likely = sorted(chance, key=chance.get)[len(chance) // 2 :]
    mean = sum(chance[name] for name in likely)
    spread = sqrt(sum(chance[name] * (1 - chance[name]) for name in likely))
    for a in sets:
        assert abs(len(a.intersection(likely)) - mean) < 5 * spread


@pytest.mark.parametrize("name", FAMILIES)
def test_two_seeds_share_nothing_from_sixty_bits_on(name):
    found = FAMILIES[name]
    tier = next((tier for tier in found.tiers if found.min_bits(tier) >= FRESH_BITS), None)
    if tier is None:
        assert found is WORDS
        return
    a, b = (rows(plan(found, tier, tier, 120, master=master)) for master in (MASTER, OTHER))
    assert len({row.canonical for row in (*a, *b)}) == 240
    assert len({row.problem for row in (*a, *b)}) == 240
    assert all(row.bits >= FRESH_BITS for row in (*a, *b))


def test_consecutive_seeds_rows_and_redraws_share_nothing():
    """No row of seed 42 occurs in the set of seed 43."""
    sets = [rows(plan(master=master_seed(seed=str(seed)), count=60)) for seed in (42, 43, 421)]
    assert len({row.canonical for drawn in sets for row in drawn}) == 180
    drawer = Sampler(plan(low=6, high=6))
    items = [drawer.item(index, redraw) for index in range(20) for redraw in range(10)]
    texts = [item.problem for item in items if item]
    assert len(texts) > 150
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("name", FAMILIES)
def test_train_and_eval_share_nothing_whatever_their_seeds(name):
    found = FAMILIES[name]
    tier = found.tiers[0]
    train = rows(plan(found, tier, tier, 300, "train"))
    evaluation = rows(plan(found, tier, tier, 300, "eval", OTHER))
    assert len({row.canonical for row in (*train, *evaluation)}) == 600
    if type(found).split_of is not Family.split_of:
        assert found is CALCULATION  # its splits are tested in test_random_calculation_halves.py
        return
    for bit, drawn in enumerate((train, evaluation)):
        for row in drawn:
            assert digest("split", name, row.canonical, length=1)[0] & 1 == bit


def test_splits_are_what_keeps_small_sets_apart():
    """Without splits, sets of this size overlap."""
    train = forms(plan(WORDS, 1, 1, 1500, "train"))
    evaluation = forms(plan(WORDS, 1, 1, 1500, "eval", OTHER))
    everything = forms(plan(WORDS, 1, 1, 1500, "all", OTHER))
    assert not train & evaluation
    assert len(everything & train) > 200
    assert len(everything & evaluation) > 200
