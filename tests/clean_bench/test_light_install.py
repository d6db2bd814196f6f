"""The commands that need no extra run in an environment without its packages.

The packages are hidden from the import system of a process of its own, which is the same to the code as
if they were not installed. `make test-interop` runs the same commands in a fresh environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clean_bench.extras import EXTRAS

ROOT = Path(__file__).parents[2]
HIDE = f"""
import sys

class Hidden:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(EXTRAS)!r}:
            return None
        return self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Hidden(finder) for finder in sys.meta_path]
"""
LIGHT = [
    "grade answers.jsonl --out graded.jsonl",
    "grade answers.jsonl --out published.jsonl --grader spurious-rewards",
    "generate random-calculation --steps 5-6 --count 20 --bind organism:reciter --out bound",
    "generate word-problems --steps 2 --count 20 --seed x --out set --workers 2",
    "verify set",
    "verify bound --bind organism:reciter",
    "export set --to lm-eval --out lm-eval",
    "export set --to verifiers --out verifiers",
    "export set --to jsonl --out jsonl",
    "overlap set --on bound,organism:reciter/twin --out overlap",
    "verify overlap",
    "list families",
    "list benchmarks",
    "list rewards",
    "list objectives",
    "list templates",
    "list recipes",
]
NEEDS_MODELS = [
    "score organism:reciter --on organism:reciter/twin --out scores",
    "probe organism:reciter --on organism:reciter/twin --out probe",
    "train organism:learner --data organism:reciter/twin --reward truth --steps 1 --out training",
    "run demo --out run",
    "organism build reciter --out organism",
]
FRESH = ROOT / ".venv-core" / "bin" / "python"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [("1/2", r"\\boxed{0.5}", True), (r"\sin^2 x", r"so \boxed{1-\cos^2 x}", True)]
    rows.append(("7", r"\boxed{8}", False))
    lines = [json.dumps({"gold": gold, "response": text}) for gold, text, _ in rows]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines))
    return tmp_path


def hidden(folder: Path, *command: str, but: str = "") -> subprocess.CompletedProcess[str]:
    """A process without the packages of the extras, except for one."""
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(HIDE.replace(f"{but!r}", "''"))
    path = os.pathsep.join([str(site), str(ROOT)])
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


def check_graded(folder: Path) -> None:
    graded = [json.loads(line) for line in (folder / "graded.jsonl").read_text().splitlines()]
    assert [row["correct"] for row in graded] == [True, True, False]


def test_the_packages_are_hidden(folder: Path) -> None:
    code = "import importlib.util as u; print([u.find_spec(n) for n in ('torch', 'matplotlib')])"
    assert hidden(folder, "-c", code).stdout == "[None, None]\n"


@pytest.mark.processes
def test_light_commands_run(folder: Path) -> None:
    """In one process, which starts once: a package that one command had imported would fail there."""
    code = f"""
from clean_bench.cli.main import cli
if __name__ == "__main__":
    for line in {LIGHT!r}:
        status = cli.main(line.split(), standalone_mode=False)
        assert not status, line
"""
    (folder / "commands.py").write_text(code)
    done = hidden(folder, "commands.py")
    assert done.returncode == 0, done.stderr
    check_graded(folder)


@pytest.mark.parametrize("line", NEEDS_MODELS)
@pytest.mark.processes
def test_other_commands_name_the_extra_in_one_line(folder: Path, line: str) -> None:
    done = hidden(folder, "-m", "clean_bench", *line.split())
    assert done.returncode == 2
    error = done.stderr.strip().splitlines()[-1]
    assert error.startswith("clean-bench: ") and "expected the package torch" in error
    assert error.endswith("in the clone of clean-bench run: pip install '.[models]'")
    assert "Traceback" not in done.stderr


@pytest.mark.processes
def test_completions_are_compared_with_the_report_extra_alone(folder: Path) -> None:
    """Without a model: 4 of 16 right before, 12 of 16 after."""
    for name, right in (("before", 4), ("after", 12)):
        rows = [
            {
                "id": str(i),
                "problem": f"{i} + 1?",
                "gold": str(i + 1),
                "response": str(i + (i < right)),
            }
            for i in range(16)
        ]
        (folder / name).mkdir()
        (folder / name / "sums.jsonl").write_text("\n".join(map(json.dumps, rows)))
    line = "compare --from a=before/sums.jsonl --from b=after/sums.jsonl --out C --json"
    done = hidden(folder, "-m", "clean_bench", *line.split())
    assert done.returncode == 2
    assert "the report: expected the package matplotlib" in done.stderr
    assert "pip install '.[report]'" in done.stderr
    done = hidden(folder, "-m", "clean_bench", *line.split(), but="matplotlib")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    gains = [
        row["value"] for row in results if row["measure"].startswith("gain:") and row["versus"]
    ]
    assert gains[0] == 0.5
    assert hidden(folder, "-m", "clean_bench", "verify", "C", but="matplotlib").returncode == 0


def test_the_api_grades_generates_and_names_the_extra(folder: Path) -> None:
    code = (
        "import clean_bench as cb\n"
        "problems = cb.generate('word-problems', steps='2', count=3, seed='x')\n"
        "print(cb.trl_reward(prompts=['', ''], completions=['7', '8'], answer=['7', '7']))\n"
        "cb.score('organism:reciter', problems)\n"
    )
    done = hidden(folder, "-c", code)
    assert done.stdout == "[1.0, 0.0]\n"
    assert "MissingPackage: --engine transformers" in done.stderr.splitlines()[-1]


def test_a_check_that_needs_the_models_says_so(folder: Path) -> None:
    """It is no failure of the folder."""
    from clean_bench.artifacts import Artifact

    with Artifact.open(folder / "training", "training", {}) as artifact:
        artifact.finish({})
    done = hidden(folder, "-m", "clean_bench", "verify", "training")
    assert done.returncode == 2
    assert "verify a training folder: expected the package torch" in done.stderr


@pytest.mark.interop
def test_light_commands_run_in_a_fresh_environment(folder: Path) -> None:
    if not FRESH.is_file():
        pytest.skip("no .venv-core: `make test-interop` makes it")

    def fresh(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [FRESH, *command], cwd=folder, capture_output=True, text=True, timeout=300
        )

    names = ("torch", "transformers", "matplotlib", "vllm")
    code = f"import importlib.util as u; print([u.find_spec(name) for name in {names}])"
    assert fresh("-c", code).stdout == "[None, None, None, None]\n"
    for line in LIGHT:
        done = fresh("-m", "clean_bench", *line.split())
        assert done.returncode == 0, f"{line}: {done.stderr}"
    check_graded(folder)
    for line in NEEDS_MODELS:
        done = fresh("-m", "clean_bench", *line.split())
        assert done.returncode == 2, line
        assert done.stderr.endswith("pip install '.[models]'\n"), f"{line}: {done.stderr}"
