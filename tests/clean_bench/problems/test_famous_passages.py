"""The positive control `famous-passages`: form of the rows, sequences recomputed, loading by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from math import comb, isqrt
from pathlib import Path

import pytest

from clean_bench.errors import UserError
from clean_bench.probing.cut import cut
from clean_bench.problems import Problem, check_named_set, describe_sets, load_problems
from clean_bench.problems.catalog import BENCHMARKS
from clean_bench.problems.famous_passages import (
    NAME,
    TIERS,
    VERSE,
    famous_passages,
    famous_passages_row,
)
from clean_bench.problems.load import shipped_set

PASSAGES = {passage.id: passage for passage in famous_passages()}
ONE = 10**150
"""Fixed-point unit of the constants below."""


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def kinds(*names: str) -> list[Problem]:
    return [passage for passage in PASSAGES.values() if passage.metadata["kind"] in names]


def test_every_tier_has_enough_passages() -> None:
    assert len(PASSAGES) == len(famous_passages()) >= 160
    tiers = Counter(passage.metadata["tier"] for passage in PASSAGES.values())
    assert sorted(tiers) == [str(tier) for tier in TIERS] == ["1", "2", "3", "4"]
    assert min(tiers.values()) >= 25
    for passage in PASSAGES.values():
        assert passage.subject == f"tier {passage.metadata['tier']}"


@pytest.mark.parametrize("passage", PASSAGES.values(), ids=list(PASSAGES))
def test_form(passage: Problem) -> None:
    text, metadata = passage.problem, passage.metadata
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", passage.id)
    assert passage.source and metadata["title"] and metadata["kind"]
    assert metadata.keys() <= {"tier", "kind", "title", "author", "year"}
    assert -800 < int(metadata.get("year", "1900")) < 2020
    assert passage.answer is None
    # Printable ASCII with single spaces; verse alone has lines and stanzas.
    line = r"[!-~]+(?: [!-~]+)*"
    assert re.fullmatch(rf"{line}(?:\n\n?{line})*", text)
    assert ("\n" in text) == (metadata["kind"] in VERSE)
    suffix = cut(text, 0.6).suffix.split()
    if metadata["kind"] == "sequence":
        assert 40 <= len(text.split()) <= 120 and len(suffix) >= 12
    else:
        assert 45 <= len(text.split()) <= 160 and len(suffix) >= 15


def test_no_two_passages_share_a_run_of_eight_words() -> None:
    owner: dict[tuple[str, ...], str] = {}
    for passage in PASSAGES.values():
        words = words_of(passage.problem)
        for start in range(len(words) - 7):
            run = tuple(words[start : start + 8])
            assert owner.setdefault(run, passage.id) == passage.id, run
    assert len({passage.problem for passage in PASSAGES.values()}) == len(PASSAGES)


def machin() -> int:
    """Pi as 16 arctan(1/5) - 4 arctan(1/239)."""

    def arctan_of_inverse(x: int) -> int:
        term, total, k = ONE // x, 0, 0
        while term:
            total += (-1) ** k * (term // (2 * k + 1))
            term //= x * x
            k += 1
        return total

    return 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)


def euler_number() -> int:
    term, total, k = ONE, 0, 0
    while term:
        total += term
        k += 1
        term //= k
    return total


def log_2() -> int:
    """The sum of 1 / (k 2^k)."""
    return sum(ONE // (k << k) for k in range(1, 520))


def euler_gamma() -> int:
    """Brent and McMillan (1980), algorithm B1 with n = 64: the error is of the order of exp(-256)."""
    n, weight, harmonic, above, below = 64, ONE, 0, 0, 0
    k = 0
    while weight:
        above += weight * harmonic // ONE
        below += weight
        k += 1
        weight = weight * n * n // (k * k)
        harmonic += ONE // k
    return above * ONE // below - 6 * log_2()


def zeta_3() -> int:
    """Apery's series: 5/2 times the sum of (-1)^(k-1) / (k^3 C(2k, k))."""
    return sum(5 * (-1) ** (k - 1) * ONE // (2 * k**3 * comb(2 * k, k)) for k in range(1, 260))


CONSTANTS: dict[str, Callable[[], int]] = {
    "digits-of-pi": machin,
    "digits-of-e": euler_number,
    "digits-of-sqrt-2": lambda: isqrt(2 * ONE * ONE),
    "digits-of-golden-ratio": lambda: (ONE + isqrt(5 * ONE * ONE)) // 2,
    "digits-of-log-2": log_2,
    "digits-of-euler-gamma": euler_gamma,
    "digits-of-zeta-3": zeta_3,
}


def partitions(n: int) -> list[int]:
    """Numbers of partitions of 0 to n - 1, by the pentagonal number theorem."""
    counts = [1]
    for m in range(1, n):
        total, k = 0, 1
        while (first := k * (3 * k - 1) // 2) <= m:
            sign = 1 if k % 2 else -1
            total += sign * counts[m - first]
            second = first + k
            total += sign * counts[m - second] if second <= m else 0
            k += 1
        counts.append(total)
    return counts


def fibonacci(n: int) -> int:
    """A sum over a diagonal of Pascal's triangle."""
    return sum(comb(n - 1 - k, k) for k in range((n + 1) // 2))


SEQUENCES: dict[str, Callable[[int], list[int]]] = {
    "primes": lambda n: [p for p in range(2, 500) if all(p % d for d in range(2, isqrt(p) + 1))][
        :n
    ],
    "powers-of-two": lambda n: [sum(comb(i, k) for k in range(i + 1)) for i in range(n)],
    "fibonacci": lambda n: [fibonacci(i) for i in range(n)],
    "squares": lambda n: list(accumulate(range(1, 2 * n, 2))),
    "cubes": lambda n: [sum(range(i * (i - 1) + 1, i * (i + 1), 2)) for i in range(1, n + 1)],
    "lucas-numbers": lambda n: [2, *(fibonacci(i - 1) + fibonacci(i + 1) for i in range(1, n))],
    "partition-numbers": partitions,
    "pell-numbers": lambda n: [
        sum(comb(i, 2 * k + 1) * 2**k for k in range((i + 1) // 2)) for i in range(n)
    ],
}


def test_every_sequence_is_recomputed() -> None:
    assert {passage.id for passage in kinds("sequence")} == {*CONSTANTS, *SEQUENCES}


@pytest.mark.parametrize("name", CONSTANTS)
def test_digits(name: str) -> None:
    digits = PASSAGES[name].problem.split(", ")
    assert digits == list(str(CONSTANTS[name]())[: len(digits)])


@pytest.mark.parametrize("name", SEQUENCES)
def test_numbers(name: str) -> None:
    numbers = [int(number) for number in PASSAGES[name].problem.split(", ")]
    assert numbers == SEQUENCES[name](len(numbers))


def test_the_constants_are_what_their_names_say() -> None:
    # Bounds by other means than the series: 223/71 < pi (Archimedes), harmonic sums, partial sums.
    assert Fraction(223, 71) < Fraction(machin(), ONE) < Fraction(22, 7)
    harmonic = sum(Fraction(1, k) for k in range(1, 65))
    gamma = harmonic - 6 * Fraction(log_2(), ONE)
    assert 0 < gamma - Fraction(euler_gamma(), ONE) < Fraction(1, 128)
    cubes = sum(Fraction(1, k**3) for k in range(1, 100))
    assert 0 < Fraction(zeta_3(), ONE) - cubes < Fraction(1, 2 * 99**2)


def test_lists_have_their_order() -> None:
    lists = {passage.id: passage.problem.split(", ") for passage in kinds("list")}
    states = lists["us-states"]
    assert len(set(states)) == 50 and states == sorted(states)
    elements = lists["chemical-elements"]
    assert len(set(elements)) == len(elements) == 60
    numbers = {"Carbon": 6, "Argon": 18, "Iron": 26, "Krypton": 36, "Silver": 47, "Tin": 50}
    assert {name: elements.index(name) + 1 for name in numbers} == numbers
    # 22 and 24 are the same president.
    presidents = lists["us-presidents"]
    assert len(presidents) == 41 and len(set(presidents)) == 40
    numbers = {"George Washington": 1, "Abraham Lincoln": 16, "Grover Cleveland": 22}
    assert {name: presidents.index(name) + 1 for name in numbers} == numbers
    assert presidents[23] == "Grover Cleveland" and presidents[31] == "Franklin D. Roosevelt"
    books = lists["books-of-the-bible"]
    assert len(set(books)) == len(books) == 66
    assert (books.index("Malachi"), books.index("Matthew")) == (38, 39)


def test_the_set_loads_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_problems(NAME)
    assert loaded.name == NAME and loaded.role is None and list(loaded) == list(PASSAGES.values())
    assert load_problems(f"control={NAME}").name == "control"
    with pytest.raises(UserError, match=f"{NAME}: its columns are known"):
        load_problems(f"{NAME}:problem=text")
    with pytest.raises(UserError, match=f"did you mean {NAME}"):
        load_problems("famous-passage")
    # The name is the shipped set, a path is the file.
    (tmp_path / NAME).with_suffix(".jsonl").write_text('{"problem": "1 + 1?", "answer": "2"}\n')
    (tmp_path / NAME).mkdir()
    monkeypatch.chdir(tmp_path)
    assert len(load_problems(NAME)) == len(PASSAGES)
    assert [problem.answer for problem in load_problems(f"{NAME}.jsonl")] == ["2"]


def test_a_stored_set_is_compared_with_the_shipped_one() -> None:
    problems = list(PASSAGES.values())
    [entry] = describe_sets([famous_passages()])
    assert list(check_named_set("problems", entry, problems)) == []
    edited = [replace(problems[0], problem="Other words."), *problems[1:]]
    [failure] = check_named_set("problems", entry, edited)
    assert problems[0].id in str(failure) and "problem" in str(failure)
    shipped = shipped_set(NAME)
    assert shipped is not None and shipped.content_sha256 == entry["sha256"]


def test_only_the_probe_takes_a_set_without_answers() -> None:
    with pytest.raises(UserError, match="expected a gold answer, got none"):
        famous_passages().require_answers()


def test_the_listed_row_has_the_fields_of_the_others() -> None:
    row = famous_passages_row()
    fields = {*BENCHMARKS["math500"].__slots__} - {
        "note",
        "published_grader",
        "wrong_golds",
        "leave_out_unanswered",
    }
    assert row.keys() == fields | {"caveat"}
    assert row["size"] == len(PASSAGES) and row["name"] == NAME
