"""clean-bench beside a `trainers/`, a `generators/` and a `leaderboards/` of the user's own.

Each test runs in a process of its own, in a folder that holds the user's packages. clean_bench is found
as from a wheel (its folder on the search path, after the current one) or as from an editable install
(a finder that is asked after the search path).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clean_bench.sibling_packages import SIBLINGS

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
PACKAGES = ("clean_bench", *SIBLINGS)
EDITABLE = f"""
import sys
from importlib.machinery import PathFinder

class Editable:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, [{str(ROOT)!r}]) if name in {PACKAGES!r} else None

sys.path[:] = [entry for entry in sys.path if entry != {str(ROOT)!r}]
sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in getattr(f, "__module__", "")]
sys.meta_path.append(Editable)
"""
Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=["wheel", "editable"])
def python(request: pytest.FixtureRequest, tmp_path: Path) -> Python:
    """Run Python in a folder with packages of the user; the parameter says how ours are installed."""
    project = tmp_path / "project"
    for name in SIBLINGS:
        (project / name).mkdir(parents=True)
        (project / name / "__init__.py").write_text(f"OWNER = 'user of {name}'\n")
        (project / name / "mine.py").write_text("VALUE = 7\n")
    site = tmp_path / "site"
    site.mkdir()
    if request.param == "wheel":
        for name in PACKAGES:
            (site / name).symlink_to(ROOT / name, target_is_directory=True)
    # Python runs this file at its start, as it runs the `.pth` file of an editable install.
    text = EDITABLE if request.param == "editable" else EDITABLE.replace(".append(Editable)", "")
    (site / "sitecustomize.py").write_text(text)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(site)}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def output(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_users_packages_come_first_without_clean_bench(python: Python) -> None:
    """The set-up shadows: without it, the tests below would pass in any case."""
    assert output(python("-c", "import trainers; print(trainers.OWNER)")) == "user of trainers\n"


@pytest.mark.parametrize("what", ["rewards", "families", "recipes"])
def test_the_command_runs(python: Python, what: str) -> None:
    assert output(python("-m", "clean_bench", "list", what))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_set_is_drawn_also_by_worker_processes(python: Python, workers: str) -> None:
    arguments = (
        "generate random-calculation --steps 5 --count 50 --seed x --out S --workers".split()
    )
    output(python("-m", "clean_bench", *arguments, workers))
    assert "all checks passed" in output(python("-m", "clean_bench", "verify", "S"))


def test_a_notebook_has_ours_for_clean_bench_and_its_own_for_itself(python: Python) -> None:
    code = (
        "import clean_bench as cb\n"
        "import trainers.mine, leaderboards.mine\n"
        "print(trainers.OWNER, trainers.mine.VALUE, cb.grade([('1/2', r'\\boxed{0.5}')])[0].kind)\n"
        "problems = cb.generate('random-calculation', steps='5', count=3, seed='x')\n"
        "import generators; print(len(problems), hasattr(generators, 'OWNER'))\n"
    )
    assert output(python("-c", code)) == "user of trainers 7 equal\n3 False\n"


def test_worker_processes_of_a_notebook_import_ours(python: Python) -> None:
    code = (
        "import sys, clean_bench as cb\n"
        "few = cb.generate('random-calculation', steps='5', count=50, seed='x')\n"
        "write, plan = sys.modules['generators.write'], sys.modules['generators.set_plan']\n"
        "write.generate('random-calculation', (5, 5), 50, master=plan.master_seed(seed='x', bind=()),\n"
        "               origin={'seed': 'x'}, out='S', workers=2)\n"
        "print(list(cb.load_problems('S').problems) == list(few.problems))\n"
    )
    assert output(python("-c", code)) == "True\n"


def test_after_the_users_package_clean_bench_raises_a_clear_error(python: Python) -> None:
    code = (
        "import generators\nimport clean_bench as cb\n"
        "cb.generate('random-calculation', steps='5', count=3, seed='x')\n"
    )
    error = python("-c", code).stderr.strip().splitlines()[-1]
    assert error.startswith(
        "clean_bench.errors.UserError: expected the package generators of clean-"
    )
    assert "project/generators/__init__.py" in error


def test_code_of_ours_that_needs_a_shadowed_module_names_the_other_package(python: Python) -> None:
    code = "import trainers\nimport clean_bench.experiments.recipe\n"
    error = python("-c", code).stderr.strip().splitlines()[-1]
    assert error.startswith(
        "ImportError: expected the package trainers of clean-bench, got another"
    )


def test_after_clean_bench_the_users_import_raises_a_clear_error(python: Python) -> None:
    code = (
        "import clean_bench as cb\ncb.generate('random-calculation', steps='5', count=3, seed='x')\n"
        "import generators.mine\n"
    )
    error = python("-c", code).stderr.strip().splitlines()[-1]
    assert error.startswith(
        "ModuleNotFoundError: No module named 'generators.mine': generators is a"
    )
