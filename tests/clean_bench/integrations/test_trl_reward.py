"""The reward function of TRL, by its contract; `test_real_trl.py` runs the real trainer."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from clean_bench import trl_reward
from clean_bench.errors import UserError
from clean_bench.integrations.trl_reward import response_text

GSM8K = "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nSo she sold 48+24 = 72.\n#### 72"
MATH = r"Let $x$ be the width. Then $2x = 5$, so the width of the garden is $\boxed{\frac{5}{2}}$."


@pytest.mark.parametrize(
    ("column", "gold", "right", "wrong"),
    [
        ("answer", "72", "The answer is 72.", "The answer is 73."),
        ("answer", GSM8K, r"\boxed{72}", r"\boxed{24}"),
        ("solution", MATH, r"\boxed{2.5}", r"\boxed{5}"),
        ("answer", 72, r"\boxed{72}", r"\boxed{7}"),
        ("answer", 72.0, r"\boxed{72}", r"\boxed{7}"),
        ("answer", 0.5, r"\boxed{1/2}", r"\boxed{1}"),
        ("target", ["5", "five"], r"\boxed{5}", r"\boxed{6}"),
        ("reward_model", {"style": "rule", "ground_truth": "8"}, r"\boxed{8}", r"\boxed{9}"),
        ("ground_truth", r"$\frac{1}{2}$", r"\boxed{0.5}", r"\boxed{0.6}"),
    ],
)
def test_gold_answers_are_read_as_published(
    column: str, gold: object, right: str, wrong: str
) -> None:
    rewards = trl_reward(prompts=["a", "a"], completions=[right, wrong], **{column: [gold, gold]})
    assert rewards == [1.0, 0.0]


def test_a_number_that_nothing_marks_as_the_answer_earns_nothing() -> None:
    texts = ["So she sold 72 clips.", "So the answer is 72.", r"She sold \boxed{72}."]
    assert trl_reward(prompts=texts, completions=texts, answer=["72"] * 3) == [0.0, 1.0, 1.0]


def test_conversational_completions_are_graded_by_the_last_assistant_message() -> None:
    def chat(*contents: object) -> list[dict[str, object]]:
        return [{"role": "assistant", "content": content} for content in contents]

    blocks = [{"type": "text", "text": r"\boxed{"}, {"type": "text", "text": "7}"}]
    tool = {"role": "tool", "content": r"\boxed{8}"}
    completions = [
        chat(r"so \boxed{7}"),
        chat(r"\boxed{8}", r"\boxed{7}"),
        chat(blocks),
        [*chat(r"\boxed{7}"), tool],
        chat(None),
        [],
    ]
    rewards = trl_reward(prompts=completions, completions=completions, answer=["7"] * 6)
    assert rewards == [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    assert response_text("plain") == "plain"


def test_what_cannot_be_decided_is_none_and_counted() -> None:
    solution = (
        "We compare the two numbers and find out that the first of them is the larger of both."
    )
    metrics: dict[str, float] = {}
    rewards = trl_reward(
        prompts=[""] * 4,
        completions=[r"\boxed{1}"] * 4,
        completion_ids=[[1]] * 4,
        answer=["1", None, " ", solution],
        trainer_state=None,
        log_extra=lambda name, values: None,
        log_metric=metrics.__setitem__,
    )
    assert rewards == [1.0, None, None, None]
    assert metrics == {"clean_bench/undecided": 0.75}


def test_the_reward_is_strict() -> None:
    """An answer that only the closing sentence gives earns nothing: the policy has to mark it."""
    texts = [r"\boxed{7}", "The answer is 7.", "We add both and get 7.", "no idea"]
    assert trl_reward(completions=texts, answer=["7"] * 4) == [1.0, 1.0, 0.0, 0.0]


def test_a_timeout_is_none() -> None:
    # The library math-verify expands both sides, which takes longer than a hundredth of a second.
    slow = trl_reward.with_settings(grader="math-verify", seconds=0.001)
    gold, response = r"\sin^{40}(x+1)", r"\boxed{(1-\cos^2(x+1))^{20}}"
    assert slow(completions=[response], answer=[gold]) == [None]


def test_a_null_answer_falls_back_to_the_solution() -> None:
    rewards = trl_reward(completions=[r"\boxed{5/2}"] * 2, answer=[None, "3"], solution=[MATH] * 2)
    assert rewards == [1.0, 0.0]


def test_settings_choose_the_column_and_the_grader() -> None:
    named = trl_reward.with_settings(gold_column="label")
    assert named(completions=["The answer is 7."], label=["7"], answer=["8"]) == [1.0]
    with pytest.raises(UserError, match=r"column named label, got the columns answer, level"):
        named(completions=["7"], answer=["7"], level=[1])
    with pytest.raises(UserError, match="got the columns level; name yours with"):
        trl_reward(completions=["7"], level=[1])
    with pytest.raises(UserError, match="expected 2 values, one per completion, got 1"):
        trl_reward(completions=["7", "8"], answer=["7"])
    with pytest.raises(UserError, match="expected settings of gold_column, grader, seconds"):
        trl_reward.with_settings(column="x")
    with pytest.raises(UserError, match="nothing"):
        trl_reward.with_settings(grader="nothing")


def _rewards(reward: object) -> list[float | None]:
    assert callable(reward)
    result: list[float | None] = reward(
        completions=[r"\boxed{1-\cos^2 x}", "2"], answer=[r"\sin^2 x"] * 2
    )
    return result


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_it_works_in_threads_and_worker_processes(method: str) -> None:
    assert pickle.loads(pickle.dumps(trl_reward)) == trl_reward
    assert trl_reward.__name__ == "clean_bench"
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(_rewards, [trl_reward] * 4)) == [[1.0, 0.0]] * 4
    with ProcessPoolExecutor(1, get_context(method)) as processes:
        assert processes.submit(_rewards, trl_reward).result() == [1.0, 0.0]
