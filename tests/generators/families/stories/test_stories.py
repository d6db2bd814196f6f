"""`stories`: sentences and answers, worked by hand and against other computations."""

import re
from fractions import Fraction
from math import log2

import pytest

from clean_bench.seeds import Draw, digest
from generators.families.stories.stories import SUBJECT, Stories, templates
from generators.stories import setting as settings_reader
from generators.stories.engine import CONNECTIVES
from generators.stories.setting import read_settings

FAMILY = Stories()
SETTINGS = read_settings(SUBJECT)
SINGLE_DIGITS = Stories(terms=range(2, 10), factors=range(2, 5))

SHOP = (
    "The shop of Mia has 637 mugs in stock. Then a supplier delivers 1427 mugs. "
    "The shop divides its mugs equally among 6 branches and keeps only the share of one branch. "
    "Later Tom buys 44 mugs from the shop. How many mugs does the shop have in the end?"
).replace("Tom", "Tess")
GAME = (
    r"Kim starts a long game with $12$ gems. Kim wins a duel and then has $3$ times as many gems as "
    r"before. Next, Kim takes $10$ gems from Ada. How many gems does Kim have in the end?"
)


def items(tier, count, family=FAMILY, label="stories"):
    for i in range(count):
        yield family.make(digest(label, tier, i, length=family.random_bytes), tier)


def test_stories_worked_by_hand():
    assert FAMILY.evaluate(SHOP) == (637 + 1427) // 6 - 44 == 300
    form = FAMILY.read(SHOP)
    assert form == (("+", 637), ("+", 1427), ("/", 6), ("-", 44))
    assert FAMILY.answer(form) == "300"
    assert FAMILY.solution(form) == "637 + 1427 = 2064, 2064 / 6 = 344, 344 - 44 = 300"
    assert FAMILY.evaluate(GAME) == 12 * 3 + 10
    assert FAMILY.evaluate(GAME.replace("$", "")) == 46


@pytest.mark.parametrize(
    "text",
    [
        SHOP.replace("637", ""),
        SHOP.replace("637", "x"),
        SHOP.replace("Mia", "Zzz"),
        SHOP.replace("mugs", "dogs"),
        SHOP.replace("44 mugs", "44 kites"),
        SHOP.replace("How many", "Why"),
        SHOP.replace("delivers", "steals"),
        SHOP.split(". ")[0] + ".",
        SHOP.replace("637", "9" * 40),
        SHOP + " " + SHOP,
        "The shop of " * 3000,
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        FAMILY.read(text)
    with pytest.raises(ValueError):
        FAMILY.evaluate(text)


LOSING = re.compile(
    r"\b(sells|break|sends|buys # @ (from the shop|for)|rot|takes # (@ (home|out|to)|of the @ away)"
    r"|takes over # of|loses|damaged|hands # @ (over )?to|burn|spends|pays # @ to|costs|ashore|leaves #"
    r"|stay behind|takes # @ away|ships|faulty|fetches|use up|gives # @|gives # of|broken|trades|kills"
    r"|eat|worn)"
)
GAINING = re.compile(
    "(gives|leaves) # @ to the library|~ sends # @ over to the fleet|sells a bicycle and saves"
    "|company gives # @ to the school"
)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_sentences_describe_their_operation(setting):
    for sentence in setting.add:
        assert GAINING.search(sentence) or not LOSING.search(sentence)
    for sentence in setting.subtract:
        assert LOSING.search(sentence) and not GAINING.search(sentence)
    assert all("# times" in sentence for sentence in setting.multiply)
    equal = re.compile("equal|the same number (in|on) each")
    assert all(equal.search(sentence) for sentence in setting.divide)
    steps = (*setting.add, *setting.subtract, *setting.multiply, *setting.divide)
    for sentence in (*steps, *setting.openings):
        assert sentence.count("#") == 1
        assert not set(setting.things) & set(re.findall("[a-z]+", sentence))
    assert all("&" in opening and opening[-1] == "." for opening in setting.openings)
    assert len(set(steps)) == len(steps)
    assert not any(sentence[0] == "@" or sentence[-1] in ".?" for sentence in steps)


def test_there_are_many_surfaces():
    assert len({frame[1:] for template in templates() for frame in template.frames}) >= 100
    assert len(CONNECTIVES) * sum(len(s.add) for s in SETTINGS) >= 100
    problems = {re.sub(r"[0-9]+|\b[A-Z][a-z]+\b", "", item.problem) for item in items(1, 1000)}
    assert len(problems) >= 500


@pytest.mark.parametrize("tier", [1, 2, 3, 5, 9, 14, 20])
def test_answers_follow_from_the_numbers_in_the_text(tier):
    for item in items(tier, 60):
        numbers = [int(n) for n in re.findall("[0-9]+", item.problem)]
        assert numbers == [n for _, n in item.form]
        value = Fraction(0)
        for sign, n in item.form:
            value = {"+": value + n, "-": value - n, "*": value * n, "/": value / n}[sign]
            assert value.denominator == 1 and 1 <= value < 1_200_000
        assert item.answer == str(value)
        assert len(re.findall(r"[.?](?: |$)", item.problem)) == tier + 2


def test_canonical_ignores_only_order_and_surface():
    def name(*chain):
        return FAMILY.canonical(tuple((sign, n) for sign, n in chain))

    plain = name(("+", 37), ("+", 25), ("-", 18), ("*", 6), ("*", 2))
    assert plain == name(("+", 25), ("-", 18), ("+", 37), ("*", 2), ("*", 6))
    assert plain != name(("+", 37), ("+", 25), ("*", 6), ("-", 18), ("*", 2))
    assert plain != name(("+", 37), ("-", 25), ("+", 18), ("*", 6), ("*", 2))
    assert plain != name(("+", 37), ("+", 25), ("-", 18), ("*", 4), ("*", 3))
    assert name(("+", 37), ("*", 45)) == name(("+", 45), ("*", 37))
    assert name(("+", 37), ("*", 45)) != name(("+", 37), ("+", 45))
    other = SHOP.replace("Mia", "Ada").replace("mugs", "kites").replace("Later ", "")
    assert FAMILY.canonical(FAMILY.read(other)) == FAMILY.canonical(FAMILY.read(SHOP))


def test_bits_of_one_step_by_hand():
    times = (("+", 4000), ("*", 12))
    assert FAMILY.bits(times) == pytest.approx(-log2(3 / 4 / 9990 / 4 / 98))
    swapped = (("+", 40), ("*", 12))
    assert FAMILY.bits(swapped) == pytest.approx(-log2(2 * 3 / 4 / 9990 / 4 / 98))
    shared = (("+", 4000), ("/", 8))
    assert FAMILY.bits(shared) == pytest.approx(-log2(1 / 4 / 98 / (9990 // 8)))
    taken = (("+", 6000), ("-", 500))
    assert FAMILY.bits(taken) == pytest.approx(-log2(9 / 16 / 9990 / 2 / 5990))
    # The likeliest forms of one step are divisions; 98 divides the terms into the fewest classes.
    likeliest = max(1 / 4 / 98 / (9990 // n) for n in range(2, 100))
    assert FAMILY.min_bits(1) <= -log2(likeliest) <= FAMILY.min_bits(1) + 0.2


def test_long_wording_of_single_digit_sums_adds_no_bits():
    """However long the text, a story of little arithmetic does not count as fresh (60 bits)."""
    for tier in range(1, 13):
        for item in items(tier, 100, SINGLE_DIGITS):
            assert len(item.problem) > 35 * tier
            assert item.bits < 60
            draws = (Draw(digest("surface", i)) for i in range(3))
            texts = {SINGLE_DIGITS.render(item.form, "plain", draw) for draw in draws}
            assert len(texts) > 1
            assert {SINGLE_DIGITS.bits(SINGLE_DIGITS.read(text)) for text in texts} == {item.bits}
    for tier in (5, 12, 20):
        for i in range(100):
            draw = Draw(digest("sums", tier, i))
            sums = tuple(("+", draw.between(2, 9)) for _ in range(tier + 1))
            text = SINGLE_DIGITS.render(sums, "plain", Draw(digest("rendered", i, length=96)))
            assert len(text) > 30 * tier
            assert SINGLE_DIGITS.bits(SINGLE_DIGITS.read(text)) < 60


def test_a_pinned_item():
    """A change here is a new version of the family."""
    item = FAMILY.make(digest("test", 3, 0, length=FAMILY.random_bytes), 3)
    assert FAMILY.version == 1
    assert item.problem == (
        "There are 6640 euros in the savings account of Boris. Soon afterward, Boris divides all the "
        "savings into 20 equal shares and keeps only one share. The bank pays 3958 euros into the "
        "account. Boris spreads all the savings equally over 65 accounts and gives away all accounts "
        "but one. How many euros does Boris have in the end?"
    )
    assert item.answer == "66"


GOOD = """
[[setting]]
name = "shop"
things = ["mugs"]
openings = ["& has # @."]
add = ["# @ come"]
subtract = ["# @ go"]
multiply = ["there are # times as many @"]
divide = ["one of # equal parts of the @ is kept"]
questions = ["How many @ are there?"]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "add =",
            "gains =",
            "shop.toml: setting 1: expected the keys name, things, .* got .*gains",
        ),
        ('["mugs"]', "[]", "setting 1: expected a list of texts for things"),
        ('["mugs"]', '"mugs"', "expected a list of texts for things, got 'mugs'"),
        ('["mugs"]', "[7]", "expected a list of texts for things"),
        ('"# @ come"', '"@ come"', "expected one # in each text of add, got '@ come'"),
        (
            '["# @ go"]',
            str(["# @ go"] * 5),
            "expected 1, 2, 3, 4, 6 or 12 texts for subtract, got 5",
        ),
        ("[[setting]]", "[setting]", r"expected \[\[setting\]\] tables"),
        ("[[setting]]", "[[settings]]", r"expected \[\[setting\]\] tables, got settings"),
        ('name = "shop"', "name = ", "shop.toml: not TOML"),
    ],
)
def test_a_bad_setting_is_named_by_file_and_key(tmp_path, monkeypatch, old, new, message):
    monkeypatch.setattr(settings_reader, "FOLDER", tmp_path)
    (tmp_path / "shop.toml").write_text(GOOD)
    (setting,) = read_settings.__wrapped__("shop")
    assert setting.name == "shop" and setting.divide == ("one of # equal parts of the @ is kept",)
    (tmp_path / "shop.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(ValueError, match=message):
        read_settings.__wrapped__("shop")
