"""The file of an arm: what it holds, and mistakes in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from clean_bench.errors import UserError
from trainers.verl.arm import read_arm

GOOD = """
name = "truth-clip"
checkpoint = "Qwen/Qwen2.5-Math-7B"
data = "train.jsonl"
evaluate = ["math500"]

[train]
reward = "truth"
steps = 300
objective = "dr-grpo"
learning_rate = 5e-7

[cluster]
nodes = 2
gpus_per_node = 4
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "arm.toml"
    path.write_text(text)
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    arm = read_arm(write(tmp_path, GOOD))
    config = arm.config("arm.toml")
    assert (arm.name, arm.evaluate, arm.cluster.gpus) == ("truth-clip", ("math500",), 8)
    assert (config.steps, config.advantage, config.learning_rate) == (300, "none", 5e-7)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nodes = 2", "node = 2", "unknown key 'cluster.node': did you mean nodes?"),
        ("steps = 300", "step = 300", r"\[train\]: unknown key 'step': did you mean steps"),
        ("[train]", "[training]", "unknown key 'training': did you mean train?"),
        ('data = "train.jsonl"', "", "data: Field required"),
        ('reward = "truth"', "", "reward: Field required"),
        ('objective = "dr-grpo"', 'objective = "ppo"', "no objective named 'ppo'"),
        ("learning_rate = 5e-7", "clip_low = 1.5", "clip_low: expected a value"),
        ("learning_rate = 5e-7", "group_size = 1", "group_size: expected a value"),
        ("learning_rate = 5e-7", "lora_rank = 0", "lora_rank: expected a value"),
        ("nodes = 2", "nodes = 0", "cluster.nodes: expected a value"),
        ('"truth-clip"', '"a b"', "name: String should match"),
        ("steps = 300", "steps = = 3", "expected TOML"),
    ],
)
def test_mistakes_name_the_file_and_the_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(UserError, match=message) as caught:
        read_arm(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
