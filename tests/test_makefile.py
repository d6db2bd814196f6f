"""The Makefile takes any Python from 3.11 on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKE = shutil.which("make")


def stand_in(folder: Path, name: str, minor: int, *, starts: bool = True) -> None:
    """A program that answers the Makefile's question as a Python 3.`minor` would."""
    text = f"#!/bin/sh\nexit {int(minor < 11)}\n" if starts else "#!/bin/sh\nexit 127\n"
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


@pytest.fixture
def make(tmp_path: Path) -> object:
    """`make -n demo` in a copy, with a search path of stand-ins and no environment made."""
    if MAKE is None:
        pytest.skip("make is not installed")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "bin").mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHON"}

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(MAKE), "--no-print-directory", "-n", "demo", *arguments],
            cwd=tmp_path,
            env={**environment, "PATH": str(tmp_path / "bin"), "MAKEFLAGS": ""},
            capture_output=True,
            text=True,
        )

    return call


@pytest.mark.parametrize(
    ("programs", "chosen"),
    [
        ({"python3.11": 11, "python3.12": 12, "python3": 12}, "python3.11"),
        ({"python3.12": 12, "python3": 9}, "python3.12"),
        ({"python3.13": 13}, "python3.13"),
        ({"python3": 15}, "python3"),
        ({"python3": 9, "python": 12}, "python"),
    ],
)
def test_the_first_python_from_3_11_is_taken(
    make: object, tmp_path: Path, programs: dict[str, int], chosen: str
) -> None:
    assert callable(make)
    for name, minor in programs.items():
        stand_in(tmp_path / "bin", name, minor)
    assert make().stdout.splitlines()[0] == f"{chosen} -m venv .venv"


def test_a_python_that_does_not_start_is_passed_over(make: object, tmp_path: Path) -> None:
    """The launchers of pyenv exist for versions that are not selected."""
    assert callable(make)
    stand_in(tmp_path / "bin", "python3.11", 11, starts=False)
    stand_in(tmp_path / "bin", "python3.12", 12)
    assert make().stdout.startswith("python3.12 -m venv .venv\n")


def test_the_users_choice_is_taken(make: object) -> None:
    assert callable(make)
    assert make("PYTHON=/opt/python3.12").stdout.startswith("/opt/python3.12 -m venv .venv\n")


def test_without_a_python_from_3_11_it_says_what_to_do(make: object, tmp_path: Path) -> None:
    assert callable(make)
    stand_in(tmp_path / "bin", "python3", 9)
    done = make()
    assert done.returncode != 0
    assert "expected Python 3.11 or newer with its venv module" in done.stderr
    assert "make demo PYTHON=/path/to/python3" in done.stderr
