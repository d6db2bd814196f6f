"""Names of checkpoints from what a user typed: different, short, and usable as folders."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.errors import UserError
from clean_bench.experiments.names import distinct_names


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (["runs/demo/reciter/arms/truth-1/checkpoint"], ["truth-1"]),
        (["Qwen/Qwen2.5-Math-7B"], ["qwen2.5-math-7b"]),
        (["organism:reciter"], ["reciter"]),
        (["out/truth/step50/checkpoint", "out/truth/step100"], ["truth-step50", "truth-step100"]),
        (["a/global_step_50/actor/huggingface"], ["a-global_step_50"]),
        (["x/model", "y/model"], ["x", "y"]),
        (["one/run/checkpoint-500", "two/run/checkpoint-500"],
         ["one-run-checkpoint-500", "two-run-checkpoint-500"]),
        (["org/model@main", "org/model@v2"], ["org-main", "org-v2"]),
        (["org/rl-7b@main", "other/rl-7b@main"], ["org-rl-7b-main", "other-rl-7b-main"]),
        (["samples.jsonl", "deep/samples.jsonl.gz"], ["samples", "deep-samples"]),
        (["checkpoint"], ["checkpoint"]),
        (["_private/"], ["private"]),
    ],
)  # fmt: skip
def test_names_tell_checkpoints_apart(sources: list[str], names: list[str]) -> None:
    assert distinct_names(sources) == names


def test_a_taken_name_is_not_given_again() -> None:
    assert distinct_names(["runs/base"], ["base"]) == ["runs-base"]
    assert distinct_names(["base"], ["base"]) == ["base-2"]


def test_a_checkpoint_named_twice_is_an_error() -> None:
    with pytest.raises(UserError, match="x/y: expected each checkpoint once, got it twice"):
        distinct_names(["x/y", "x/y"])


@given(st.lists(st.text("ab/.-_ :@", min_size=1, max_size=8), min_size=1, max_size=5, unique=True))
def test_names_differ_and_are_valid(sources: list[str]) -> None:
    names = distinct_names(sources, ["base", "data"])
    assert len(set(names)) == len(names)
    assert not {"base", "data"} & set(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name) for name in names)
