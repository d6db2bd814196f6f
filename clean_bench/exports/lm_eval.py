r"""A task folder for EleutherAI's lm-evaluation-harness (lm-eval 0.4.13).

    NAME.yaml      the task; `lm_eval --include_path FOLDER --tasks NAME`
    NAME.jsonl     the rows
    utils.py       reads the rows that lie beside it, and scores
    README.md      where the set comes from

The task names its rows by `custom_dataset: !function utils.load` and not by `data_files`: lm-eval
takes a path in `data_files` from the working directory, and a function from the folder of the YAML,
so that the folder can be moved.
"""

from __future__ import annotations

import json

from clean_bench.exports import jsonl, scorer
from clean_bench.exports.source import Source

VERSION = 1
"""The task's version in lm-eval's results; raised where scores of the same responses change."""
_STOP = ("\n\nProblem:", "\n\nQuestion:", "</s>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>")
_TOKENS = 2048

_UTILS = '''
import json
from pathlib import Path


def load(**_):
    """The rows that lie beside this file, as lm-eval's `custom_dataset`."""
    import datasets

    with Path(__file__).with_name(ROWS).open(encoding="utf-8") as lines:
        return {"test": datasets.Dataset.from_list([json.loads(line) for line in lines])}


def process_results(doc, results):
    """1 where the response gives the gold answer, else 0."""
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

{told}
## Run it

    lm_eval --include_path FOLDER --tasks {name} --model hf --model_args pretrained=MODEL

FOLDER is this folder, wherever it lies. `exact_match` is the share of responses whose answer equals
the gold answer exactly; `utils.py` says how the answer is found. A response may take {tokens} tokens:
give `--gen_kwargs max_gen_toks=N` where a model needs more, and `--apply_chat_template` for a chat
model.
"""


def files(source: Source, name: str) -> dict[str, bytes]:
    """The files of the folder."""
    rows = f"{name}.jsonl"
    task = _YAML.format(
        task=_quoted(name),
        prompt=_quoted("{{problem}}\n" + source.instruction),
        tokens=_TOKENS,
        stop=_quoted(_STOP),
        metadata=_quoted({"version": VERSION, **source.origin()}),
    )
    readme = _README.format(name=name, told=source.told(rows), tokens=_TOKENS)
    return {
        f"{name}.yaml": task.encode(),
        rows: jsonl.data(source),
        "utils.py": scorer.python(_UTILS.replace("ROWS", repr(rows))).encode(),
        "README.md": readme.encode(),
    }


def _quoted(value: object) -> str:
    """A value as JSON, which YAML reads as it stands."""
    return json.dumps(value, ensure_ascii=False)
