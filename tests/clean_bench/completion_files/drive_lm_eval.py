"""Log samples with the real lm-eval, with a model that looks up its responses.

    python drive_lm_eval.py TASKS_FOLDER TASK RESPONSES.json OUT

RESPONSES maps each problem to its responses, one per repeat. Writes `samples_TASK_DATE.jsonl`
below OUT, as `lm_eval --log_samples --output_path OUT` does. Runs where lm-eval is installed and
clean-bench is not.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import lm_eval
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager


class LookUp(LM):
    """A model that gives the responses of each problem in turn."""

    def __init__(self, responses: dict[str, list[str]]) -> None:
        super().__init__()
        self.responses = responses
        self.asked: Counter[str] = Counter()

    def generate_until(self, requests, disable_tqdm=False):
        return [self._respond(request.args[0]) for request in requests]

    def _respond(self, prompt: str) -> str:
        problem = prompt.removeprefix("Question: ").removesuffix("\nAnswer:")
        self.asked[problem] += 1
        return self.responses[problem][self.asked[problem] - 1]

    def loglikelihood(self, requests, disable_tqdm=False):
        raise AssertionError("the task asks for text alone")

    loglikelihood_rolling = loglikelihood


def main(folder: str, task: str, responses: str, out: str) -> None:
    tracker = EvaluationTracker(output_path=out)
    results = lm_eval.simple_evaluate(
        model=LookUp(json.loads(Path(responses).read_text())),
        tasks=[task],
        task_manager=TaskManager(include_path=folder, include_defaults=False),
        log_samples=True,
        evaluation_tracker=tracker,
    )
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    tracker.save_results_samples(task_name=task, samples=samples[task])


if __name__ == "__main__":
    main(*sys.argv[1:])
