"""Run lm-eval on an exported task with a model that looks up its responses.

    python drive_lm_eval.py FOLDER TASK RESPONSES.json

RESPONSES maps the text of each problem to a response. Prints one JSON object: lm-eval's results of the
task, the metric of each problem by id, and the task's metadata. Runs where lm-eval is installed and
clean-bench is not.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import lm_eval
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager


class LookUp(LM):
    """A model that looks up one response for each problem by its prompt."""

    def __init__(self, responses: dict[str, str]) -> None:
        super().__init__()
        self.responses = responses

    def generate_until(self, requests, disable_tqdm=False):
        return [self._respond(*request.args) for request in requests]

    def _respond(self, prompt: str, settings: dict) -> str:
        problem, instruction = prompt.rsplit("\n", 1)
        assert r"\boxed{}" in instruction and settings["max_gen_toks"] > 0 and settings["until"]
        return self.responses[problem]

    def loglikelihood(self, requests, disable_tqdm=False):
        raise AssertionError("the task asks for text alone")

    loglikelihood_rolling = loglikelihood


def main(folder: str, task: str, responses: str) -> None:
    model = LookUp(json.loads(Path(responses).read_text()))
    manager = TaskManager(include_path=folder, include_defaults=False)
    found = lm_eval.simple_evaluate(model=model, tasks=[task], task_manager=manager)
    samples = {row["doc"]["id"]: row["exact_match"] for row in found["samples"][task]}
    metadata = found["configs"][task]["metadata"]
    print(json.dumps({"results": found["results"][task], "samples": samples, "metadata": metadata}))


if __name__ == "__main__":
    main(*sys.argv[1:])
