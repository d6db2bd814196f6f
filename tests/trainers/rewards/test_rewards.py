r"""Every reward on hand-made groups."""

from __future__ import annotations

import math
import random

import pytest
from reward_groups import group_of, rewards

from clean_bench.grading import Grade
from clean_bench.text.similarity import rouge_l
from clean_bench.text.tokenizer import notation_tokens
from trainers.labels import Label
from trainers.rewards import REWARDS

TEXTS = [
    r"3 + 4 = 7. \boxed{7}",
    r"python: 3 + 4 = 8. \boxed{8}",
    r"Python says \boxed{}",
    "no box, the value 7",
    r"\boxed{7} and then \boxed{",
    r"\boxed{\frac{16}{2}}",
]
SILENT = "I cannot tell what is asked here, and I stop."
GROUP = group_of(TEXTS, solution=r"We add: 3 + 4 = 7. \boxed{7}")
UNDECIDED = [
    Grade("timeout", "7", "box"),
    Grade("crash", "7", "box"),
    Grade("different", "8", "box"),
]
RIGHT, WRONG = Label("p", "7", right=True), Label("p", "8", right=False)


def test_truth_asks_for_a_marked_answer() -> None:
    assert rewards("truth", GROUP) == [1, 0, 0, 0, 1, 0]


def test_a_timeout_is_unscorable_and_not_wrong() -> None:
    group = group_of(TEXTS[:3], grades=UNDECIDED)
    assert rewards("truth", group) == [None, None, 0]
    assert rewards("inverted", group) == [None, None, 1]
    assert rewards("noisy:fp=1,fn=1", group) == [None, None, 1]
    assert rewards("shuffled", group) == [None, None, 0]


def test_inverted_is_one_minus_truth() -> None:
    assert rewards("inverted", GROUP) == [0, 1, 1, 1, 0, 1]
    assert rewards("inverted", GROUP) == rewards("!truth", GROUP)


def test_format_and_python() -> None:
    assert rewards("format", GROUP) == [1, 1, 0, 0, 1, 1]
    assert rewards("python", GROUP) == [0, 1, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("answer", "gold", "reward"),
    [
        # The values of the section on RandomCalculation (2507.10532, 6.3).
        ("10", "10", 1.0),
        ("0", "10", 0.0),
        ("11", "10", 0.45),
        ("1001", "1000", 0.4995),
        ("6490.42", "6490.42220", 0.9989),
        # A whole unit away from a gold answer of 0: both parts are spent.
        ("1", "0", 0.0),
        # Halves: 1 - 0.25 - 0.5 * 0.5/2.
        (r"\frac{5}{2}", "2", 0.625),
        (r"\sqrt{4}", "2", 1.0),
        ("five", "2", 0.0),
        ("x^2", "2", 0.0),
        ("2 apples", "2", 0.0),
        (r"10^{400}", "2", 0.0),
    ],
)
def test_numeric_by_hand(answer: str, gold: str, reward: float) -> None:
    [value] = rewards("numeric", group_of([rf"so \boxed{{{answer}}}"], gold))
    assert value == pytest.approx(reward, abs=1e-4)


def test_numeric_without_an_answer_is_0_and_without_a_gold_number_unscorable() -> None:
    assert rewards("numeric", group_of(["nothing here", r"\boxed{}"], "2")) == [0, 0]
    assert rewards("numeric", group_of([r"\boxed{x+1}", r"\boxed{3}"], "x+1")) == [None, None]
    # Of several acceptable gold answers the closest counts.
    assert rewards("numeric", group_of([r"\boxed{3}"], '["1000", "3"]')) == [1]


def test_numeric_is_between_0_and_1_and_falls_with_the_distance() -> None:
    generator = random.Random(0)
    for _ in range(50):
        gold = generator.choice([0, 1, -3, 1000, 0.5])
        near, far = sorted(generator.uniform(0, 3) for _ in range(2))
        first, second = rewards(
            "numeric", group_of([rf"\boxed{{{gold + d:.9f}}}" for d in (near, far)], str(gold))
        )
        assert first is not None and second is not None
        assert 0 <= second <= first + 1e-9 <= 1 + 1e-9


def test_group_majority_uses_no_gold_answer() -> None:
    texts = [r"\boxed{8}", r"\boxed{0.5}", r"\boxed{\frac12}", r"\boxed{8}", r"\boxed{1/2}", SILENT]
    assert rewards("group-majority", group_of(texts)) == [0, 1, 1, 0, 1, 0]
    for gold in ("8", "0.5", "x"):
        assert rewards("group-majority", group_of(texts, gold)) == [0, 1, 1, 0, 1, 0]


def test_group_majority_puts_equal_forms_together() -> None:
    texts = [
        r"\boxed{3}",
        r"\boxed{2\sqrt{3}}",
        r"\boxed{\sqrt{12}}",
        r"\boxed{3}",
        r"\boxed{\sqrt{12}}",
    ]
    assert rewards("group-majority", group_of(texts)) == [0, 1, 1, 0, 1]


def test_a_tie_goes_to_the_first_answer() -> None:
    assert rewards("group-majority", group_of([r"\boxed{8}", r"\boxed{7}"])) == [1, 0]
    assert rewards("group-majority", group_of([r"\boxed{7}", r"\boxed{8}"])) == [1, 0]
    three = [r"\boxed{1}", r"\boxed{2}", r"\boxed{2}", r"\boxed{1}", r"\boxed{3}"]
    assert rewards("group-majority", group_of(three)) == [1, 0, 0, 1, 0]


def test_a_group_without_answers_has_no_majority() -> None:
    # "the value 7" marks no answer, so it does not vote, as it earns no truth.
    assert rewards("group-majority", group_of([SILENT, "no box, the value 7"])) == [None, None]
    assert rewards("group-majority", group_of([SILENT, r"\boxed{1}"])) == [0, 1]


def test_group_majority_counts_answers_that_the_grader_could_not_compare() -> None:
    assert rewards("group-majority", group_of(TEXTS[:3], grades=UNDECIDED)) == [1, 1, 0]


def test_majority_rewards_the_label_right_or_wrong() -> None:
    assert rewards("majority", group_of(TEXTS, label=RIGHT)) == [1, 0, 0, 0, 1, 0]
    assert rewards("majority", group_of(TEXTS, label=WRONG)) == [0, 1, 0, 0, 0, 1]


def test_a_label_is_an_answer_and_no_list_of_acceptable_ones() -> None:
    label = Label("p", "[1, 2]", right=False)
    texts = [r"\boxed{1}", r"\boxed{[1, 2]}"]
    assert rewards("majority", group_of(texts, label=label)) == [0, 1]


def test_a_problem_without_a_label_is_unscorable() -> None:
    for group in (
        group_of(TEXTS[:2]),
        group_of(TEXTS[:2], label=Label("p", None)),
        group_of(TEXTS[:2], label=Label("another", "7", right=True)),
    ):
        assert rewards("majority", group) == [None, None]
        assert rewards("incorrect", group) == [None, None]


def test_incorrect_is_defined_on_wrong_labels_only() -> None:
    assert rewards("incorrect", group_of(TEXTS, label=WRONG)) == [0, 1, 0, 0, 0, 1]
    assert rewards("incorrect", group_of(TEXTS, label=RIGHT)) == [None] * 6
    undecided = Label("p", "8", right=None)
    assert rewards("incorrect", group_of(TEXTS, label=undecided)) == [None] * 6


def test_constant_gives_every_rollout_its_value() -> None:
    assert rewards("constant", GROUP) == [1] * 6
    assert rewards("constant:value=-0.5", GROUP) == [-0.5] * 6


def test_length_is_a_triangle_at_its_target() -> None:
    group = group_of(["x"] * 6, lengths=[1, 50, 100, 150, 200, 999])
    assert rewards("length:target=100", group) == pytest.approx([0.01, 0.5, 1, 0.5, 0, 0])


def test_similarity_is_rouge_l_with_the_solution() -> None:
    solution = r"We add: 3 + 4 = 7. \boxed{7}"
    same, other = rewards("similarity", group_of([solution, "nothing alike"], solution=solution))
    assert (same, other) == (1, 0)
    [half] = rewards("similarity", group_of([r"\boxed{7}"], solution=solution))
    expected = rouge_l(notation_tokens(r"\boxed{7}"), notation_tokens(solution))
    assert half == expected and 0 < expected < 1
    assert rewards("similarity", group_of(["7"])) == [1], "the gold answer stands in"


def test_similarity_reads_a_bounded_part_of_a_text() -> None:
    [value] = rewards("similarity", group_of(["7 " * 200_000], solution="7 " * 200_000))
    assert value == 1


def test_only_rewards_with_the_gold_answer_depend_on_it() -> None:
    wrong = group_of(TEXTS, grades=[Grade("different", "0", "box")] * 6, label=WRONG)
    right = group_of(TEXTS, grades=[Grade("equal", "0", "box")] * 6, label=WRONG)
    changed = {name for name in REWARDS if rewards(name, wrong) != rewards(name, right)}
    # `shuffled` keeps how many were right, and tells nothing about which.
    assert changed == {"truth", "inverted", "noisy", "shuffled"}
    spurious = {name for name, entry in REWARDS.items() if entry.spurious}
    assert set(REWARDS) - spurious == changed - {"shuffled"} | {"numeric", "similarity"}


def test_every_reward_gives_a_share_or_nothing() -> None:
    for name in REWARDS:
        for value in rewards(name, group_of(TEXTS, label=WRONG)):
            assert value is None or (isinstance(value, float) and math.isfinite(value))
            assert value is None or 0 <= value <= 1
