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
from functools import partial

from clean_bench.errors import UserError
from clean_bench.exports.scorer import scorer_of
from clean_bench.exports.stored_set import INSTRUCTION, StoredSet
from clean_bench.exports.write import fill_template

_ROWS = "problems.jsonl"
_RESERVED = {*sys.stdlib_module_names, "verifiers", "harbor", "nemo_gym", "openenv", "textarena"}
"""Names of modules that the environment would shadow, or that verifiers would load instead."""


def files(problem_set: StoredSet, name: str) -> dict[str, bytes]:
    """The files of the folder.

    Raises:
        UserError: if the name is no valid module name.
    """
    module, scorer = module_of(name), scorer_of(problem_set)
    provenance = {**problem_set.provenance(), "grader": scorer.grader}
    table = "\n".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in provenance.items()
    )
    literal = "".join(f"    {key!r}: {value!r},\n" for key, value in provenance.items())
    fill = partial(
        fill_template,
        name=name,
        module=module,
        problems=len(problem_set.rows),
        rows=_ROWS,
        instruction=repr(INSTRUCTION),
    )
    readme = problem_set.provenance_text(f"{module}/{_ROWS}")
    return {
        "pyproject.toml": fill(
            "verifiers/pyproject.toml", provenance=table, requirement=scorer.requirement
        ),
        f"{module}/__init__.py": fill("verifiers/init.py"),
        f"{module}/taskset.py": fill("verifiers/taskset.py", provenance=f"{{\n{literal}}}"),
        f"{module}/scoring.py": scorer.source("").encode(),
        "README.md": fill("verifiers/readme.md", provenance=readme, grading=scorer.readme),
        f"{module}/{_ROWS}": problem_set.json_lines(),
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
