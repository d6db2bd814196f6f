r"""An environment package for Prime Intellect's verifiers (0.4).

    pyproject.toml          `pip install FOLDER`, then `vf-eval NAME`
    MODULE/__init__.py      exports the taskset; verifiers finds it by the module's name
    MODULE/taskset.py       rows to tasks, and the reward
    MODULE/scoring.py       whether a response gives the gold answer
    MODULE/problems.jsonl   the rows
    README.md               where the set comes from

In verifiers 0.4 an environment is a module whose `__all__` names one `Taskset`, and
`verifiers.v1.load_environment` wraps it in an `Env`; the `load_environment` that a module defined for
older versions is not looked for any more.
"""

from __future__ import annotations

import json
import keyword
import sys

from clean_bench.errors import UserError
from clean_bench.exports import jsonl, scorer
from clean_bench.exports.source import Source

_ROWS = "problems.jsonl"
_TAKEN = {*sys.stdlib_module_names, "verifiers", "harbor", "nemo_gym", "openenv", "textarena"}
"""Modules that one of these names would hide, or that verifiers would load in its place."""

_INIT = '''\
"""{name}: {problems} problems for verifiers, exported by clean-bench."""

from {module}.taskset import ProblemTaskset

__all__ = ["ProblemTaskset"]
'''

_TASKSET = '''\
"""Problems as tasks of one turn; the reward is 1 where the response gives the gold answer, else 0."""

import json
from collections.abc import Iterator
from pathlib import Path

import verifiers.v1 as vf

from {module}.scoring import correct

ROWS = Path(__file__).with_name("{rows}")
ORIGIN = {origin}
INSTRUCTION = {instruction}


class ProblemData(vf.TaskData):
    """A problem with its gold answer; `row` has every column of the problem set."""

    answer: str
    row: dict


class ProblemTask(vf.Task[ProblemData]):
    """One problem, asked once."""

    @vf.reward(weight=1.0)
    async def exact_match(self, trace: vf.Trace) -> float:
        return float(correct(self.data.answer, trace.last_reply))

    async def validate(self, runtime: vf.Runtime) -> bool:
        return correct(self.data.answer, "\\\\boxed{{" + self.data.answer + "}}")


class ProblemConfig(vf.TasksetConfig):
    """What can be set: `--env.taskset.instruction TEXT`."""

    instruction: str = INSTRUCTION
    """Asked below each problem; empty for the problem alone."""


class ProblemTaskset(vf.Taskset[ProblemTask, ProblemConfig]):
    """The problems that lie beside this file, in order."""

    def load(self) -> Iterator[ProblemTask]:
        below = "\\n" + self.config.instruction if self.config.instruction else ""
        with ROWS.open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                yield ProblemTask(
                    ProblemData(
                        id=row["id"],
                        prompt=row["problem"] + below,
                        answer=row["answer"],
                        row=row,
                    ),
                    self.config.task,
                )
'''

_PYPROJECT = """\
[project]
name = "{name}"
version = "0.1.0"
description = "{problems} problems for verifiers, exported by clean-bench"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["verifiers>=0.4,<0.5"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build]
ignore-vcs = true

[tool.hatch.build.targets.wheel]
packages = ["{module}"]

[tool.clean-bench]
{origin}
"""

_README = """\
# {name}

{told}
## Run it

    pip install FOLDER
    vf-validate {name} --only-gold --runtime.type subprocess
    vf-eval {name} --model MODEL

FOLDER is this folder. The reward `exact_match` is 1 where the answer of a response equals the gold
answer exactly, else 0; `{module}/scoring.py` says how the answer is found.
"""


def files(source: Source, name: str) -> dict[str, bytes]:
    """The files of the folder.

    Raises:
        UserError: if a Python module cannot have the name.
    """
    module = module_of(name)
    shared = {"name": name, "module": module, "problems": len(source.rows)}
    origin = source.origin()
    texts = {
        "pyproject.toml": _PYPROJECT.format(
            origin="\n".join(
                f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in origin.items()
            ),
            **shared,
        ),
        f"{module}/__init__.py": _INIT.format(**shared),
        f"{module}/taskset.py": _TASKSET.format(
            module=module, rows=_ROWS, origin=_literal(origin), instruction=repr(source.instruction)
        ),
        f"{module}/scoring.py": scorer.python(),
        "README.md": _README.format(told=source.told(f"{module}/{_ROWS}"), **shared),
    }
    return {
        **{path: text.encode() for path, text in texts.items()},
        f"{module}/{_ROWS}": jsonl.data(source),
    }


def module_of(name: str) -> str:
    """The module that verifiers imports for an environment's name.

    Raises:
        UserError: if Python or verifiers has another use for it.
    """
    module = name.replace("-", "_").lower()
    if module in _TAKEN or keyword.iskeyword(module):
        raise UserError(f"no environment can be called {name}, a name that is taken: give --name")
    return module


def _literal(origin: dict[str, object]) -> str:
    lines = "".join(f"    {key!r}: {value!r},\n" for key, value in origin.items())
    return "{\n" + lines + "}"
