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

from clean_bench.exports import jsonl, scorer
from clean_bench.exports.stored_set import INSTRUCTION, StoredSet

VERSION = 1
"""The task's version in lm-eval's results; raised when scores of the same responses change."""
_STOP = ("\n\nProblem:", "\n\nQuestion:", "</s>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>")
_TOKENS = 2048

_UTILS = '''
import json
from pathlib import Path


def load(**_):
    """Load the rows beside this file, as lm-eval's `custom_dataset`."""
    import datasets

    with Path(__file__).with_name(ROWS).open(encoding="utf-8") as lines:
        return {"test": datasets.Dataset.from_list([json.loads(line) for line in lines])}


def process_results(doc, results):
    """1 if the response gives the gold answer, else 0."""
    return {"exact_match": float(correct(doc["answer"], results[0]))}
'''

_YAML = """\
task: {task}
custom_dataset: !function utils.load
test_split: test
output_type: generate_until
num_fewshot: 0
doc_to_text: {prompt}
doc_to_target: answer
generation_kwargs:
  do_sample: false
  max_gen_toks: {tokens}
  until: {stop}
process_results: !function utils.process_results
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
metadata: {metadata}
"""

_README = """\
# {name}

{provenance}
## Run it

    lm_eval --include_path FOLDER --tasks {name} --model hf --model_args pretrained=MODEL

FOLDER is the path of this folder. `exact_match` is the fraction of responses whose answer equals the
gold answer exactly; `utils.py` documents how the answer is extracted. A response has at most {tokens}
tokens: set `--gen_kwargs max_gen_toks=N` for a model that needs more, and `--apply_chat_template` for a
chat model.
"""


def files(problem_set: StoredSet, name: str) -> dict[str, bytes]:
    """The files of the folder."""
    rows = f"{name}.jsonl"
    task = _YAML.format(
        task=_quoted(name),
        prompt=_quoted("{{problem}}\n" + INSTRUCTION),
        tokens=_TOKENS,
        stop=_quoted(_STOP),
        metadata=_quoted({"version": VERSION, **problem_set.provenance()}),
    )
    provenance = problem_set.provenance_text(rows)
    readme = _README.format(name=name, provenance=provenance, tokens=_TOKENS)
    return {
        f"{name}.yaml": task.encode(),
        rows: jsonl.json_lines(problem_set),
        "utils.py": scorer.scorer_source(_UTILS.replace("ROWS", repr(rows))).encode(),
        "README.md": readme.encode(),
    }


def _quoted(value: object) -> str:
    """A value as JSON, which is valid YAML."""
    return json.dumps(value, ensure_ascii=False)
