"""A whole export: its files, the reward file that verl loads, and the launch script."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet, write_folder
from trainers.verl.arm import Arm, parse_arm
from trainers.verl.export import VerlExport, export_arm

FILES = [
    *("README.md", "arm.toml", "cluster.env", "export.json", "launch.sh", "overrides.txt"),
    *("reward.py", "train.parquet", "val.parquet"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    problems = [
        Problem(f"p{i}", f"What is {i} + 1?", str(i + 1), solution=f"It is {i + 1}.")
        for i in range(6)
    ]
    folder = tmp_path_factory.mktemp("data") / "sums"
    write_folder(folder, ProblemSet("sums", problems), {})
    return folder


@pytest.fixture(scope="module")
def arm_of(tiny_checkpoint: Path, data: Path) -> Callable[..., Arm]:
    def make(cluster: dict[str, Any] | None = None, **train: Any) -> Arm:
        small = {"steps": 2, "prompts_per_step": 4, "minibatches": 2, "max_tokens": 8}
        return parse_arm(
            {
                "name": "tiny",
                "checkpoint": str(tiny_checkpoint),
                "data": str(data),
                "train": {"reward": "truth", **small, **train},
                "cluster": {"nodes": 1, "gpus_per_node": 2, **(cluster or {})},
            },
            "arm.toml",
        )

    return make


@pytest.fixture(scope="module")
def exported(arm_of: Callable[..., Arm], tmp_path_factory: pytest.TempPathFactory) -> VerlExport:
    out = tmp_path_factory.mktemp("export") / "run"
    return export_arm(arm_of(), ("arm.toml", "name = 1\n"), out)


def test_the_files(exported: VerlExport, tiny_checkpoint: Path) -> None:
    out = exported.out
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES) == list(exported.files)
    assert pq.read_metadata(out / "train.parquet").num_rows == 8 == exported.prompts
    assert pq.read_metadata(out / "val.parquet").num_rows == 1
    assert (out / "arm.toml").read_text() == "name = 1\n"
    facts = json.loads((out / "export.json").read_text())
    assert (
        facts["tokenizer_sha256"]
        == resolve_checkpoint(str(tiny_checkpoint)).file_hashes["tokenizer_sha256"]
    )
    assert facts["train"]["steps"] == 2 and facts["overrides"]["trainer.n_gpus_per_node"] == 2
    readme = (out / "README.md").read_text()
    assert "$" not in readme and 'pip install "verl[vllm]==0.9.1"' in readme
    assert all(f"- {warning}" in readme for warning in exported.warnings)
    assert any("full_determinism" in warning for warning in exported.warnings)
    assert any("share a mini-batch" in warning for warning in exported.warnings)
    assert "log_rewards: verl cannot log random" in exported.warnings


def test_overrides_are_one_per_line(exported: VerlExport, tiny_checkpoint: Path) -> None:
    lines = (exported.out / "overrides.txt").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines)
    assert len(values) == len(lines)
    assert values["data.train_batch_size"] == "4"
    assert values["actor_rollout_ref.model.path"].strip("'") == str(tiny_checkpoint)
    facts = json.loads((exported.out / "export.json").read_text())
    assert list(values) == list(facts["overrides"])


def test_the_same_export_again_changes_nothing(
    exported: VerlExport, arm_of: Callable[..., Arm]
) -> None:
    before = {path: path.read_bytes() for path in exported.out.iterdir()}
    again = export_arm(arm_of(), ("arm.toml", "name = 1\n"), exported.out)
    assert not again.written
    assert {path: path.read_bytes() for path in exported.out.iterdir()} == before
    with pytest.raises(UserError, match="exists with other content"):
        export_arm(arm_of(seed=1), ("arm.toml", "name = 1\n"), exported.out)


def test_what_verl_cannot_express_writes_nothing(
    arm_of: Callable[..., Arm], tmp_path: Path
) -> None:
    arm = arm_of(whiten=True, reward="group-majority")
    with pytest.raises(UserError) as caught:
        export_arm(arm, ("arm.toml", ""), tmp_path / "out")
    message = str(caught.value)
    assert message.startswith("arm.toml: verl 0.9.1 cannot express reward = group-majority: ")
    assert "; whiten = true: " in message and "\n" not in message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (
            {"max_tokens": 250},
            r"max_tokens = 250: .*longest prompt .* in the context of 256; set at",
        ),
        ({"template": "r1"}, "template = r1: verl passes no stop texts"),
        ({"evaluate_every": 5}, "evaluate_every = 5: name the sets"),
        ({"reward": "majority"}, "reward majority: expected labels, got none"),
        ({"reward": "trutj"}, "no reward named 'trutj'"),
    ],
)
def test_refusals_that_need_the_checkpoint_or_the_data(
    arm_of: Callable[..., Arm], tmp_path: Path, train: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        export_arm(arm_of(**train), ("arm.toml", ""), tmp_path / "out")


def test_validation_sets(arm_of: Callable[..., Arm], data: Path, tmp_path: Path) -> None:
    arm = arm_of(evaluate_every=2).model_copy(update={"evaluate": (str(data),)})
    out = export_arm(arm, ("arm.toml", ""), tmp_path / "out").out
    assert pq.read_metadata(out / "val.parquet").num_rows == 6
    lines = (out / "overrides.txt").read_text().splitlines()
    assert "trainer.test_freq=2" in lines and "trainer.val_before_train=True" in lines


def test_solutions_are_exported_where_the_reward_reads_them(
    arm_of: Callable[..., Arm], tmp_path: Path
) -> None:
    out = export_arm(arm_of(reward="similarity"), ("arm.toml", ""), tmp_path / "out").out
    row = pq.read_table(out / "train.parquet").to_pylist()[0]
    score = load(out)("sums", row["extra_info"]["solution"], "2", row["extra_info"])
    assert score["score"] == 1.0


def load(out: Path) -> Callable[..., dict[str, float]]:
    """`compute_score` as verl loads it: from the path, under another module name."""
    spec = importlib.util.spec_from_file_location("custom_module_1", out / "reward.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[..., dict[str, float]] = module.compute_score
    return function


def test_the_reward_file_works_in_a_thread(exported: VerlExport) -> None:
    compute_score, found = load(exported.out), []
    row = pq.read_table(exported.out / "train.parquet").to_pylist()[0]
    gold = row["reward_model"]["ground_truth"]
    texts = [rf"so \boxed{{{gold}}}", r"so \boxed{1234}"]

    def run() -> None:
        found.extend(
            compute_score("sums", text, gold, row["extra_info"])["score"] for text in texts
        )

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert found == [1.0, 0.0]


def test_the_reward_file_needs_no_torch(exported: VerlExport, tmp_path: Path) -> None:
    """verl's reward workers are processes of their own."""
    (tmp_path / "torch.py").write_text("raise RuntimeError('torch was imported')\n")
    code = (
        "import importlib.util, sys\n"
        "s = importlib.util.spec_from_file_location('m', sys.argv[1])\n"
        "m = importlib.util.module_from_spec(s); s.loader.exec_module(m)\n"
        "print(m.compute_score('x', 'so \\\\boxed{2}', '2', {'split': 'train'})['score'])\n"
    )
    script = tmp_path / "call.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script), str(exported.out / "reward.py")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout == "1.0\n", done.stderr


def test_another_version_of_clean_bench_is_refused(exported: VerlExport, tmp_path: Path) -> None:
    text = (exported.out / "reward.py").read_text()
    (tmp_path / "reward.py").write_text(text.replace("VERSION = '", "VERSION = '9."))
    with pytest.raises(RuntimeError, match="made by clean-bench 9"):
        load(tmp_path)


STAND_IN = """#!/usr/bin/env bash
printf '%s' "$(basename "$0")"
printf ' [%s]' "$@"
echo
"""


@pytest.fixture
def launch(exported: VerlExport, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`launch.sh` in a copy of the export, with stand-ins for ray and python3 that print their words."""
    folder, programs = tmp_path / "a copy", tmp_path / "bin"
    shutil.copytree(exported.out, folder)
    programs.mkdir()
    for name in ("ray", "python3"):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)

    def run(*words: str, **edits: str) -> subprocess.CompletedProcess[str]:
        settings = folder / "cluster.env"
        with settings.open("a") as file:
            file.writelines(f"{key}='{value}'\n" for key, value in edits.items())
        return subprocess.run(
            ["bash", str(folder / "launch.sh"), *words],
            env={"PATH": f"{programs}:/usr/bin:/bin"},
            cwd="/",
            capture_output=True,
            text=True,
        )

    return run


def test_the_launch_script_starts_ray_and_submits(launch: Callable[..., Any]) -> None:
    assert launch("head").stdout == (
        "ray [start] [--head] [--port=6379] [--dashboard-host=0.0.0.0] [--dashboard-port=8265] "
        "[--num-gpus=2]\n"
    )
    assert launch("worker", "10.0.0.1").stdout == (
        "ray [start] [--address=10.0.0.1:6379] [--num-gpus=2]\n"
    )
    submitted = launch("submit", "10.0.0.1", CHECKPOINTS="/shared/a b", GPUS_PER_NODE="8").stdout
    assert submitted == (
        "ray [job] [submit] [--address=http://10.0.0.1:8265] [--working-dir] [.] [--] [bash] "
        "[launch.sh] [train]\n"
    )


def test_the_job_gets_every_override_as_one_word(
    launch: Callable[..., Any], exported: VerlExport
) -> None:
    printed = launch("train", CHECKPOINTS="/shared/a b", NODES="3").stdout
    overrides = (exported.out / "overrides.txt").read_text().splitlines()
    model = exported.run.model
    words = ["-m", "verl.trainer.main_ppo", *overrides, f"actor_rollout_ref.model.path='{model}'"]
    words += ["trainer.default_local_dir='/shared/a b'", "trainer.nnodes=3"]
    words += ["trainer.n_gpus_per_node=2"]
    assert printed == f"python3{''.join(f' [{word}]' for word in words)}\n"


def test_checkpoints_must_have_an_absolute_path(launch: Callable[..., Any]) -> None:
    done = launch("submit")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == (
        "cluster.env: CHECKPOINTS: expected an absolute path that all machines share, got "
        "checkpoints/tiny\n"
    )


@pytest.mark.parametrize("words", [(), ("start",), ("worker",)])
def test_wrong_words_print_the_usage(launch: Callable[..., Any], words: tuple[str, ...]) -> None:
    done = launch(*words)
    assert done.returncode == 2 and "bash launch.sh worker ADDRESS" in done.stderr


def test_the_launch_script_passes_shellcheck(exported: VerlExport) -> None:
    script = exported.out / "launch.sh"
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
    checker = shutil.which("shellcheck")
    if checker is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run([checker, str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_labels_are_exported_with_the_problems_that_take_part(
    arm_of: Callable[..., Arm], tmp_path: Path
) -> None:
    """Labels of p0 to p5, whose answers are 1 to 6: those of p1 and p4 are wrong."""
    labels = tmp_path / "labels.jsonl"
    answers = [1, 9, 3, 4, 9, 6]
    labels.write_text(
        "".join(json.dumps({"id": f"p{i}", "label": str(a)}) + "\n" for i, a in enumerate(answers))
    )
    arm = arm_of(reward="incorrect").model_copy(update={"labels": str(labels)})
    out = export_arm(arm, ("arm.toml", ""), tmp_path / "out").out
    rows = [row["extra_info"] for row in pq.read_table(out / "train.parquet").to_pylist()]
    assert {row["problem_id"] for row in rows} == {"p1", "p4"}
    assert {(row["label"], row["label_right"]) for row in rows} == {("9", False)}
    compute_score = load(out)
    assert compute_score("sums", r"\boxed{9}", "2", rows[0])["score"] == 1.0
    assert compute_score("sums", r"\boxed{2}", "2", rows[0])["score"] == 0.0
