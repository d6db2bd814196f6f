"""`modular-arithmetic`: answers by repeated multiplication, probabilities by enumerating every draw."""

import re
from collections import Counter
from math import log2

import pytest
from draws import every_draw

from clean_bench.seeds import digest
from generators.families.arithmetic.modular_arithmetic import ModularArithmetic
from generators.forms.signed_sum import SignedSum
from generators.forms.term_kind import UniformKind

FAMILY = ModularArithmetic()


@pytest.fixture
def small(monkeypatch):
    """Ranges of one to three numbers, so that equal terms and factors are frequent."""
    pools = {
        "": [range(1_000, 1_002)],
        "*": [range(101, 104), range(101, 104)],
        "^": [range(12, 14), range(11, 12)],
    }
    kinds = [UniformKind(name, *ranges) for name, ranges in pools.items()]
    monkeypatch.setattr(ModularArithmetic, "sums", SignedSum(kinds, required="*^"))
    monkeypatch.setattr(ModularArithmetic, "questions", range(1_000, 1_002))


def item(tier, number):
    return FAMILY.make(digest("test", tier, number, length=FAMILY.random_bytes), tier)


def residue(text):
    """By one multiplication after the other, from a text of either notation."""
    plain = text.replace(r"\times", "*").replace("{", "").replace("}", "").replace("$", "")
    modulus = int(re.search(r"(?:modulo|pmod|<) ?([0-9]+)", plain)[1])
    operand = r"[0-9]+(?:\^[0-9]+)?"
    expression = max(re.findall(rf"{operand}(?: [-+*] {operand})*", plain), key=len).split()
    value, sign, product = 0, 1, 1
    for token in [*expression, "+"]:
        if token in ("+", "-"):
            value, sign, product = value + sign * product, 1 if token == "+" else -1, 1
        elif token != "*":
            base, _, exponent = token.partition("^")
            for _ in range(int(exponent or 1)):
                product = product * int(base) % modulus
    return value % modulus


def test_texts_by_hand():
    """12^11 = 743008370688 leaves 688 modulo 1000; 1234 - 101 * 205 = -19471, and 2000 more are 529."""
    text = "What is the least non-negative residue of $12^{11} + 1234 - 101 \\times 205$ modulo $1000$?"
    plain = "Calculate 12^11 + 1234 - 101 * 205 modulo 1000. Give the least non-negative residue."
    longer = "Find the integer $r$ with $r \\equiv 12^{11} \\pmod{1000}$ and $0 \\le r < 1000$."
    assert FAMILY.evaluate(text) == FAMILY.evaluate(plain) == (688 - 19471) % 1000 == 217
    assert FAMILY.evaluate(longer) == 688
    assert FAMILY.canonical(FAMILY.read(text)) == FAMILY.canonical(FAMILY.read(plain))
    for bad in (
        text + " ",
        text.replace("{11}", "{11"),
        text.replace("1000", "1"),
        text.replace("$12", "12"),
        plain.replace("Give", "Take"),
        plain.replace("+ 1234", "+"),
        plain.replace("205 modulo", "205 - modulo"),
        longer.replace("< 1000", "< 1001"),
    ):
        with pytest.raises(ValueError):
            FAMILY.evaluate(bad)
        with pytest.raises(ValueError):
            FAMILY.read(bad)


def test_what_is_never_drawn_is_not_read():
    text = "Calculate 12^11 + 1234 - 101 * 205 modulo 1000. Give the least non-negative residue."
    FAMILY.read(text)
    for bad in (
        text.replace("1234", "123"),
        text.replace("101", "100"),
        text.replace("^11", "^10"),
        text.replace("12^11", "1200").replace("101 * 205", "9999"),
        text.replace("101 * 205", "101 * 205 * 205"),
        text.replace("101 * 205", "101 * 205^11"),
    ):
        with pytest.raises(ValueError):
            FAMILY.read(bad)


def test_the_answers_are_those_of_repeated_multiplication():
    for tier in FAMILY.tiers:
        for number in range(15):
            words = digest("test", tier, number, length=FAMILY.random_bytes)
            for notation in FAMILY.notations:
                found = FAMILY.make(words, tier, notation=notation)
                assert residue(found.problem) == int(found.answer)
                assert 0 <= int(found.answer) < found.form.question
            assert FAMILY.solution(found.form).count(" = ") == tier
            assert FAMILY.solution(found.form).endswith(f" = {found.answer}")


@pytest.mark.parametrize("tier", [1, 2, 3, 4])
def test_bits_are_those_of_every_draw(small, tier):
    chances, bits = Counter(), {}
    for form, chance in every_draw(FAMILY, tier):
        chances[FAMILY.canonical(form)] += chance
        bits[FAMILY.canonical(form)] = FAMILY.bits(form)
    assert sum(chances.values()) == 1
    for form, chance in chances.items():
        assert bits[form] == pytest.approx(-log2(chance))
    assert len(chances) == FAMILY.space(tier)
    assert -log2(max(chances.values())) >= FAMILY.min_bits(tier) - 1e-9
    if tier < 3:
        assert -log2(max(chances.values())) == pytest.approx(FAMILY.min_bits(tier))


def test_part_bits_are_those_of_a_sub_expression_with_a_product_or_a_power():
    def read(expression):
        return FAMILY.read(
            f"Calculate {expression} modulo 1000. Give the least non-negative residue."
        )

    assert FAMILY.part_bits(read("101 * 205")) == 0
    assert FAMILY.part_bits(read("1234 - 101 * 205")) == FAMILY.bits(read("101 * 205"))
    assert FAMILY.part_bits(read("12^11 + 1234 - 4321")) == FAMILY.bits(read("12^11 + 1234"))


def test_the_canonical_form_is_of_the_computation():
    def name(text):
        return FAMILY.canonical(FAMILY.read(text))

    text = "Calculate 12^11 + 1234 - 101 * 205 modulo 1000. Give the least non-negative residue."
    other = "What is the least non-negative residue of $1234 - 205 \\times 101 + 12^{11}$ modulo $1000$?"
    assert name(text) == name(other)
    near = (
        text.replace("12^11", "12^12"),
        text.replace("12^11", "11111"),
        text.replace("1000", "1001"),
        text.replace("+ 1234 -", "- 1234 +"),
        text.replace("101 * 205", "101 * 206"),
    )
    assert len({name(text), *map(name, near)}) == 6


def test_an_item_stays_what_it_is():
    """A change here is a new version of the family."""
    assert item(3, 0).problem == (
        r"Find the integer $r$ with $r \equiv 933708 - 42656 \times 57443 + 429773 \pmod{91084}$ "
        r"and $0 \le r < 91084$."
    )
