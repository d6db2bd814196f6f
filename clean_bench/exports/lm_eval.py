r"""A task folder for EleutherAI's lm-evaluation-harness (lm-eval 0.4.13).

    NAME.yaml      the task; `lm_eval --include_path FOLDER --tasks NAME`
    NAME.jsonl     the rows
    utils.py       loads the rows beside it, and scores
    README.md      provenance of the set

The task loads its rows by `custom_dataset: !function utils.load` and not by `data_files`. lm-eval
resolves a path in `data_files` from the working directory, but a function from the folder of the YAML:
so the folder can be moved.
"""

from __future__ import annotations

import json

from clean_bench.exports.scorer import scorer_of
from clean_bench.exports.stored_set import INSTRUCTION, StoredSet
from clean_bench.exports.write import fill_template

VERSION = 2
"""The task's version in lm-eval's results; raised when scores of the same responses change."""
_STOP = ("\n\nProblem:", "\n\nQuestion:", "</s>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>")
_TOKENS = 2048


def files(problem_set: StoredSet, name: str) -> dict[str, bytes]:
    """The files of the folder."""
    rows, scorer = f"{name}.jsonl", scorer_of(problem_set)
    provenance = {**problem_set.provenance(), "grader": scorer.grader}
    task = fill_template(
        "lm-eval/task.yaml",
        task=_quoted(name),
        prompt=_quoted("{{problem}}\n" + INSTRUCTION),
        tokens=_TOKENS,
        stop=_quoted(_STOP),
        metadata=_quoted({"version": VERSION, **provenance}),
    )
    utils = fill_template("lm-eval/utils.py", rows=repr(rows)).decode()
    return {
        f"{name}.yaml": task,
        rows: problem_set.json_lines(),
        "utils.py": scorer.source(utils).encode(),
        "README.md": fill_template(
            "lm-eval/readme.md",
            name=name,
            provenance=problem_set.provenance_text(rows),
            grading=scorer.readme,
            tokens=_TOKENS,
        ),
    }


def _quoted(value: object) -> str:
    """A value as JSON, which is valid YAML."""
    return json.dumps(value, ensure_ascii=False)
