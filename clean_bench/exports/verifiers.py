r"""An environment package for Prime Intellect's verifiers (0.4).

    pyproject.toml          `pip install FOLDER`, then `vf-eval NAME`
    MODULE/__init__.py      exports the taskset; verifiers imports it by the module's name
    MODULE/taskset.py       converts rows to tasks, and defines the reward
    MODULE/scoring.py       decides whether a response gives the gold answer
    MODULE/problems.jsonl   the rows
    README.md               provenance of the set

In verifiers 0.4 an environment is a module whose `__all__` names one `Taskset`, and
`verifiers.v1.load_environment` wraps it in an `Env`. A `load_environment` function in the module, as in
older versions, is no longer used.
"""

from __future__ import annotations

import json
import keyword
import sys

from clean_bench.errors import UserError
from clean_bench.exports import jsonl, scorer
from clean_bench.exports.stored_set import INSTRUCTION, StoredSet

_ROWS = "problems.jsonl"
_RESERVED = {*sys.stdlib_module_names, "verifiers", "harbor", "nemo_gym", "openenv", "textarena"}
"""Names of modules that the environment would shadow, or that verifiers would load instead."""

_INIT = '''\
"""{name}: {problems} problems for verifiers, exported by clean-bench."""

from {module}.taskset import ProblemTaskset

__all__ = ["ProblemTaskset"]
'''

_TASKSET = '''\
"""Single-turn tasks; the reward is 1 if the response gives the gold answer, else 0."""

import json
from collections.abc import Iterator
from pathlib import Path

import verifiers.v1 as vf

from {module}.scoring import correct

ROWS = Path(__file__).with_name("{rows}")
PROVENANCE = {provenance}
INSTRUCTION = {instruction}


class ProblemData(vf.TaskData):
    """A problem with its gold answer; `row` holds all columns of the problem set."""

    answer: str
    row: dict


class ProblemTask(vf.Task[ProblemData]):
    """One problem, in one turn."""

    @vf.reward(weight=1.0)
    async def exact_match(self, trace: vf.Trace) -> float:
        return float(correct(self.data.answer, trace.last_reply))

    async def validate(self, runtime: vf.Runtime) -> bool:
        return correct(self.data.answer, "\\\\boxed{{" + self.data.answer + "}}")


class ProblemConfig(vf.TasksetConfig):
    """Options: `--env.taskset.instruction TEXT`."""

    instruction: str = INSTRUCTION
    """The instruction below each problem; empty for the problem alone."""


class ProblemTaskset(vf.Taskset[ProblemTask, ProblemConfig]):
    """The problems of the row file beside this module, in order."""

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
{provenance}
"""

_README = """\
# {name}

{provenance}
## Run it

    pip install FOLDER
    vf-validate {name} --only-gold --runtime.type subprocess
    vf-eval {name} --model MODEL

FOLDER is the path of this folder. The reward `exact_match` is 1 if the answer of a response equals the
gold answer exactly, else 0; `{module}/scoring.py` documents how the answer is extracted.
"""


def files(problem_set: StoredSet, name: str) -> dict[str, bytes]:
    """The files of the folder.

    Raises:
        UserError: if the name is no valid module name.
    """
    module = module_of(name)
    shared = {"name": name, "module": module, "problems": len(problem_set.rows)}
    provenance = problem_set.provenance()
    texts = {
        "pyproject.toml": _PYPROJECT.format(
            provenance="\n".join(
                f"{key} = {json.dumps(value, ensure_ascii=False)}"
                for key, value in provenance.items()
            ),
            **shared,
        ),
        f"{module}/__init__.py": _INIT.format(**shared),
        f"{module}/taskset.py": _TASKSET.format(
            module=module,
            rows=_ROWS,
            provenance=_literal(provenance),
            instruction=repr(INSTRUCTION),
        ),
        f"{module}/scoring.py": scorer.scorer_source(),
        "README.md": _README.format(
            provenance=problem_set.provenance_text(f"{module}/{_ROWS}"), **shared
        ),
    }
    return {
        **{path: text.encode() for path, text in texts.items()},
        f"{module}/{_ROWS}": jsonl.json_lines(problem_set),
    }


def module_of(name: str) -> str:
    """The module that verifiers imports for an environment of that name.

    Raises:
        UserError: if Python or verifiers reserves the module's name.
    """
    module = name.replace("-", "_").lower()
    if module in _RESERVED or keyword.iskeyword(module):
        raise UserError(f"the environment name {name} is reserved: choose another with --name")
    return module


def _literal(values: dict[str, object]) -> str:
    lines = "".join(f"    {key!r}: {value!r},\n" for key, value in values.items())
    return "{\n" + lines + "}"
