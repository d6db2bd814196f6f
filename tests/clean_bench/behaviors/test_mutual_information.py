"""Information between problems and completions where the truth is known."""

from __future__ import annotations

import json
from math import log2
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.behaviors.mutual_information import (
    MutualInformation,
    ProblemTexts,
    _bound,
    _Critic,
    _EncodedTexts,
    _similarities,
    mutual_information,
)

WORDS = ["".join("bcdfghklmn"[int(digit)] + "aeiou"[int(digit) // 2] for digit in f"{i:04d}")
         for i in range(4000)]  # fmt: skip
TEMPLATE = WORDS[:150]


def bound(texts: list[ProblemTexts], *, with_copying: bool = False) -> MutualInformation:
    """One of the two bounds of `mutual_information`."""
    return _bound(_EncodedTexts(texts), with_copying)


def random_text(rng: np.random.Generator, words: list[str], length: int = 50) -> str:
    return " ".join(rng.choice(words, length))


def problems(
    specific: float, *, n: int = 40, samples: int = 8, seed: int = 0
) -> tuple[list[ProblemTexts], float]:
    """Problems each with words of its own; a share of completions uses them, the rest the template.

    Returns them and the true information. A completion in a problem's own words identifies the problem,
    one in the words of the template gives no information: it is the judged share times log2 n.
    """
    rng = np.random.default_rng(seed)
    texts, specifics = [], []
    for i in range(n):
        own = WORDS[150 + 40 * i : 190 + 40 * i]
        flags = rng.random(samples) < specific
        written = [random_text(rng, own if flag else TEMPLATE) for flag in flags]
        specifics += list(flags[1::2])
        texts.append(ProblemTexts(str(i), f"problem {i}", written[::2], written[1::2]))
    return texts, float(np.mean(specifics)) * log2(n)


def test_independent_completions_give_no_information() -> None:
    bounds = [bound(problems(0, seed=seed)[0]) for seed in range(8)]
    assert all(abs(each.bits.value) < 0.1 for each in bounds)
    assert np.mean([each.bits.value for each in bounds]) == pytest.approx(0, abs=0.02)
    assert sum(each.p <= 0.05 for each in bounds) <= 2
    assert all(abs(each.null_mean) < 0.02 for each in bounds)
    assert all(each.null_retrieved == pytest.approx(1 / 40, abs=0.005) for each in bounds)


def test_the_p_value_is_uniform_where_nothing_depends() -> None:
    """Of 40 independent collections, about 4 have p of at most 0.1 (one in a thousand has 11)."""
    bounds = [bound(problems(0, n=8, samples=4, seed=100 + k)[0]).p for k in range(40)]
    assert sum(p <= 0.1 for p in bounds) <= 10
    assert sum(p <= 0.5 for p in bounds) <= 30


def test_completions_in_words_of_their_own_identify_the_problem() -> None:
    texts, truth = problems(1)
    information = bound(texts)
    assert information.most == truth == log2(40)
    assert 0.98 * truth < information.bits.value <= truth + 1e-9
    assert information.retrieved.value == 1
    assert information.p == 0.001
    assert information.null_high < 0.1


def test_a_mixture_is_in_between_and_below_the_truth() -> None:
    shares = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    mixtures = [problems(share, samples=16) for share in shares]
    values = [bound(texts).bits.value for texts, _ in mixtures]
    assert values == sorted(values)
    for value, (_, truth), share in zip(values, mixtures, shares, strict=True):
        assert value <= truth + 0.1
        if share >= 0.4:
            assert value >= 0.8 * truth


DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "real_completions.jsonl"


def test_real_reasoning_depends_on_its_problem_and_shuffled_reasoning_does_not() -> None:
    """Eight completions each of 60 problems of MATH-500 by a model that solves most of them."""
    if not DATA.is_file():
        pytest.skip(f"{DATA.name} is not here")
    rows = [json.loads(line) for line in DATA.read_text().splitlines()]
    prompts = {row["problem_id"]: row["problem"] for row in rows}
    written = [row["response"] for row in rows]

    def collected(responses: list[str]) -> list[ProblemTexts]:
        own: dict[int, list[str]] = {}
        for row, response in zip(rows, responses, strict=True):
            own.setdefault(row["problem_id"], []).append(response)
        return [
            ProblemTexts(str(i), prompts[i], texts[::2], texts[1::2]) for i, texts in own.items()
        ]

    information = bound(collected(written))
    assert information.retrieved.value > 0.95
    assert 0.9 * log2(60) < information.bits.value <= log2(60)
    shuffled = [written[i] for i in np.random.default_rng(0).permutation(len(written))]
    nothing = bound(collected(shuffled))
    assert abs(nothing.bits.value) < 0.1
    assert nothing.p > 0.05


def copied(seed: int = 0, *, answers: bool) -> list[ProblemTexts]:
    """A template that quotes the problem and computes with its numbers, the same for every one."""
    rng = np.random.default_rng(seed)
    texts = []
    for i in range(40):
        statement = random_text(rng, WORDS[150:], 30)
        number = str(1000 + i)

        def written(statement: str = statement, number: str = number) -> str:
            body = random_text(rng, TEMPLATE).split()
            quoted = statement.split()
            # A few words of the problem at a time, in the middle of the template.
            for k in range(0, 30, 3):
                body[k : k + 1] = [body[k], *quoted[k : k + 3]]
            return " ".join([*body, number] if answers else body)

        texts.append(
            ProblemTexts(
                str(i), f"{statement} {number}", [written(), written()], [written(), written()]
            )
        )
    return texts


def test_copying_the_problem_is_no_reasoning_about_it() -> None:
    bounds = [bound(copied(seed, answers=True)) for seed in range(5)]
    assert all(abs(each.bits.value) < 0.15 for each in bounds)
    assert sum(each.p <= 0.05 for each in bounds) <= 1
    open_ = bound(copied(answers=True), with_copying=True)
    assert open_.bits.value > 0.95 * log2(40)


def test_numbers_alone_count_only_with_copying() -> None:
    rng = np.random.default_rng(0)
    texts = []
    for i in range(30):
        numbers = [str(n) for n in rng.integers(100, 10**6, 12)]
        written = [
            " ".join([random_text(rng, TEMPLATE), *rng.permutation(numbers)]) for _ in range(4)
        ]
        texts.append(ProblemTexts(str(i), "?", written[:2], written[2:]))
    assert abs(bound(texts).bits.value) < 0.1
    assert bound(texts, with_copying=True).bits.value > 0.9 * log2(30)


def test_a_statement_that_holds_words_of_the_template_gives_nothing_away() -> None:
    """The same text for every problem, while each problem forbids other words of it."""
    rng = np.random.default_rng(3)
    bounds = []
    for _ in range(5):
        texts = []
        for i in range(40):
            statement = random_text(rng, TEMPLATE, 60)
            written = [random_text(rng, TEMPLATE, 80) for _ in range(6)]
            texts.append(ProblemTexts(str(i), statement, written[::2], written[1::2]))
        bounds.append(bound(texts))
    assert all(abs(each.bits.value) < 0.1 for each in bounds)
    assert sum(each.p <= 0.05 for each in bounds) <= 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(st.text("ab c.1", max_size=12), min_size=2, max_size=5), min_size=2, max_size=6
    )
)
def test_any_texts(collection: list[list[str]]) -> None:
    texts = [ProblemTexts(str(i), own[0], own[::2], own[1::2]) for i, own in enumerate(collection)]
    information = bound(texts)
    assert information.bits.value <= log2(len(texts)) + 1e-9
    assert 0 <= information.retrieved.value <= 1
    assert 0 < information.p <= 1
    assert information.judged == sum(len(own) // 2 for own in collection)
    assert bound(texts) == information


def test_the_same_text_for_all_is_nothing_at_all() -> None:
    same = bound([ProblemTexts(str(i), "p", ["a b c"], ["a b c"]) for i in range(8)])
    assert same.bits.value == 0
    assert same.retrieved.value == pytest.approx(1 / 8)
    assert same.p == 1


def test_inflected_and_chinese_words_are_words() -> None:
    """A copied word counts as copied in another form, and Chinese is read by its characters."""
    texts = [
        ProblemTexts(str(i), f"a {word}", [f"now {word}s"], [f"so {word}s"])
        for i, word in enumerate(("triangle", "number", "circle"))
    ]
    assert bound(texts).bits.value <= 0
    chinese = [
        ProblemTexts(str(i), "?", [f"我们 {a}{b}"] * 3, [f"{b}我{a}"] * 3)
        for i, (a, b) in enumerate(("圆周", "数字", "三角", "平方"))
    ]
    assert bound(chinese).retrieved.value == 1


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="two problems"):
        bound([ProblemTexts("a", "p", ["x"], ["y"])])
    with pytest.raises(ValueError, match="a reference and a judged"):
        bound([ProblemTexts("a", "p", ["x"], ["y"]), ProblemTexts("b", "p", ["x"], [])])


def test_copying_counts_only_where_it_is_let_in() -> None:
    texts, _ = problems(0.7, n=12)
    texts = [
        ProblemTexts(each.problem, each.judged[0][:60], each.references, each.judged)
        for each in texts
    ]
    both = mutual_information(texts)
    assert both["beyond_copying"] == bound(texts)
    assert both["with_copying"] == bound(texts, with_copying=True)
    assert both["beyond_copying"].bits != both["with_copying"].bits


def test_permutations_at_once_are_those_one_by_one() -> None:
    encoded = _EncodedTexts(problems(0.5, n=10)[0])
    similarity = _similarities(encoded, False)
    rng = np.random.default_rng(0)
    critic = _Critic(similarity, rng.random(len(similarity)) < 0.5)
    labels = np.array([rng.integers(0, 10, len(similarity)) for _ in range(20)])
    one_by_one = [critic.bits(row).mean() for row in labels]
    assert critic.mean_bits(labels) == pytest.approx(one_by_one, abs=1e-12)
