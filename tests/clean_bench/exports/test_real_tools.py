"""Exports in lm-eval and verifiers, in separate environments, without network.

`make test-export` makes the environments and runs these tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clean_bench.exports import export
from clean_bench.problems import Problem, ProblemSet, load_folder, write_folder

pytestmark = pytest.mark.export
ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
NUMBER_WRONG = 7


def environment(name: str) -> Path:
    """The `bin` folder of a tool's environment."""
    folder = ROOT / f".venv-{name}" / "bin"
    if not (folder / "python").exists():
        pytest.skip(f"no .venv-{name}: `make test-export` makes it")
    return folder


def run(line: list[object], tmp_path: Path, **more: str) -> str:
    """The output of a command that succeeds."""
    done = started(line, tmp_path, **more)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def started(line: list[object], tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command away from the project, with nothing but the hub's folders changed and no hub."""
    offline = dict.fromkeys(("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"), "1")
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    variables |= {"HF_HOME": str(tmp_path / "hub"), **offline, **more}
    away = tmp_path / "away"
    away.mkdir(exist_ok=True)
    return subprocess.run(
        list(map(str, line)), cwd=away, env=variables, capture_output=True, text=True, timeout=300
    )


def responses_to(folder: Path) -> tuple[dict[str, str], set[str]]:
    """A response to each problem by id, and the ids of those that are wrong.

    Right ones are written as fractions, decimals or sentences in turn; wrong ones name the gold answer
    before the one they give.
    """
    ways = (r"so \boxed{{{0}}}", "it is\n\\boxed{{$\\frac{{{1}}}{{{2}}}$}}.", "The answer is {0}.")
    responses, wrong = {}, set()
    for index, problem in enumerate(load_folder(folder)):
        above, _, below = str(problem.answer).partition("/")
        text = ways[index % 3].format(problem.answer, above, below or "1")
        if index < NUMBER_WRONG:
            text += r" No, \boxed{\frac{100}{7}}"
            wrong.add(problem.id)
        responses[problem.id] = text
    return responses, wrong


def last_json(text: str) -> Any:
    return json.loads(text.strip().splitlines()[-1])


def test_lm_eval_finds_the_share_that_is_right(problem_set: Path, tmp_path: Path) -> None:
    python = environment("lm-eval") / "python"
    exported = export(problem_set, "lm-eval", tmp_path / "made", name="thirds-1e5")
    folder = Path(shutil.move(tmp_path / "made", tmp_path / "moved elsewhere"))
    by_id, wrong = responses_to(problem_set)
    by_text = {problem.problem: by_id[problem.id] for problem in load_folder(problem_set)}
    (tmp_path / "responses.json").write_text(json.dumps(by_text))
    driver = HERE / "drive_lm_eval.py"
    result = last_json(
        run([python, driver, folder, "thirds-1e5", tmp_path / "responses.json"], tmp_path)
    )
    assert result["results"]["exact_match,none"] == pytest.approx(1 - NUMBER_WRONG / 20)
    assert {key for key, value in result["samples"].items() if value == 0} == wrong
    assert result["results"]["sample_len"] == len(result["samples"]) == 20
    problem_set_read = exported.problem_set
    assert result["metadata"]["content_sha256"] == problem_set_read.content_sha256
    assert result["metadata"]["claim"] == problem_set_read.claim
    assert not export(problem_set, "lm-eval", folder, name="thirds-1e5").written


def test_lm_eval_lists_the_task_on_its_command_line(problem_set: Path, tmp_path: Path) -> None:
    export(problem_set, "lm-eval", tmp_path / "task")
    command = environment("lm-eval") / "lm_eval"
    line = [command, "validate", "--tasks", "thirds-small", "--include_path", tmp_path / "task"]
    assert "All tasks found and valid" in run(line, tmp_path)


@pytest.fixture
def installed(problem_set: Path, tmp_path: Path) -> dict[str, str]:
    """The variables under which the exported environment is installed, made by pip from its folder."""
    python = environment("verifiers") / "python"
    export(problem_set, "verifiers", tmp_path / "env", name="Thirds-Set")
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    target = tmp_path / "site"
    run([python, "-m", "pip", "install", *quiet, "--target", target, tmp_path / "env"], tmp_path)
    assert not export(problem_set, "verifiers", tmp_path / "env", name="Thirds-Set").written
    return {"PYTHONPATH": str(target)}


def test_verifiers_rewards_what_is_right(
    problem_set: Path, tmp_path: Path, installed: dict[str, str]
) -> None:
    responses, wrong = responses_to(problem_set)
    (tmp_path / "responses.json").write_text(json.dumps(responses))
    driver = HERE / "drive_verifiers.py"
    python = environment("verifiers") / "python"
    line = [python, driver, "Thirds-Set", tmp_path / "responses.json"]
    result = last_json(run(line, tmp_path, **installed))
    assert result["env"] == "SingleAgentEnv"
    assert result["rewards"] == {key: float(key not in wrong) for key in responses}
    assert set(result["valid"].values()) == {True}


def test_verifiers_finds_every_gold_answer_valid(tmp_path: Path, installed: dict[str, str]) -> None:
    command = environment("verifiers") / "vf-validate"
    options = ["--only-gold", "--runtime.type", "subprocess", "-o", tmp_path / "checked"]
    run([command, "Thirds-Set", *options], tmp_path, **installed)
    (summary,) = (tmp_path / "checked").glob("*/summary.json")
    assert json.loads(summary.read_text())["outcomes"]["valid"] == 20


def test_both_tools_end_with_the_missing_package(tmp_path: Path) -> None:
    """Neither environment has clean-bench, which grades a set with radicals."""
    write_folder(tmp_path / "set", ProblemSet("s", [Problem("a", "?", r"\sqrt{2}")]), {})
    export(tmp_path / "set", "lm-eval", tmp_path / "task", name="radicals")
    export(tmp_path / "set", "verifiers", tmp_path / "env", name="radicals")
    lm_eval, validate = environment("lm-eval") / "lm_eval", environment("verifiers") / "vf-validate"
    task = ["--include_path", tmp_path / "task", "--tasks", "radicals", "--model", "dummy"]
    for line in ([lm_eval, *task], [validate, "radicals", "--only-gold"]):
        done = started(line, tmp_path, PYTHONPATH=str(tmp_path / "env"))
        assert done.returncode != 0
        assert "expected clean-bench" in done.stderr.splitlines()[-1]
