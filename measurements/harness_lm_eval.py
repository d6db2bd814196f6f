"""The lm-eval process of `measurements/harness.py`; its environment has lm-eval and no clean-bench.

Prints its start-up time in seconds and the folder of lm-eval's own tasks. Then reads jobs and prints
replies, one JSON object per line.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BEGUN = time.perf_counter()

import lm_eval  # noqa: E402
import lm_eval.evaluator  # noqa: E402
from lm_eval.api.model import LM  # noqa: E402
from lm_eval.loggers import EvaluationTracker  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402


class Instant(LM):
    """A model that looks up the response to every prompt and counts the seconds it takes."""

    def __init__(self, responses: dict[str, str]) -> None:
        super().__init__()
        self.responses = responses
        self.seconds = 0.0

    def generate_until(self, requests: Any, disable_tqdm: bool = False) -> list[str]:
        started = time.perf_counter()
        texts = [self.responses[request.args[0]] for request in requests]
        self.seconds += time.perf_counter() - started
        return texts

    def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> list[Any]:
        raise AssertionError("expected only requests for text")

    loglikelihood_rolling = loglikelihood


class Timed:
    """A function that counts the seconds of its calls."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.seconds = 0.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return self.function(*args, **kwargs)
        finally:
            self.seconds += time.perf_counter() - started


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Evaluate and save one task, as `lm_eval --output_path OUT --log_samples`."""
    model = Instant(json.loads(Path(job["responses"]).read_text(encoding="utf-8")))
    evaluate = Timed(lm_eval.evaluator.evaluate)
    tracker = EvaluationTracker(output_path=job["out"])
    started = time.perf_counter()
    manager = TaskManager(include_path=job["folder"], include_defaults=False)
    lm_eval.evaluator.evaluate = evaluate
    try:
        results = lm_eval.evaluator.simple_evaluate(
            model=model, tasks=[job["task"]], task_manager=manager, evaluation_tracker=tracker
        )
    finally:
        lm_eval.evaluator.evaluate = evaluate.function
    evaluated = time.perf_counter()
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    for task in results["configs"]:
        tracker.save_results_samples(task_name=task, samples=samples[task])
    ended = time.perf_counter()
    metrics = results["results"][job["task"]]
    scores = [value for name, value in metrics.items() if name.startswith("exact_match,")]
    return {
        "core": evaluate.seconds - model.seconds + ended - evaluated,
        "whole": ended - started - model.seconds,
        "accuracies": list(map(float, scores)),
        "documents": len({row["doc_id"] for row in samples[job["task"]]}),
    }


def main() -> None:
    """Process jobs until the input ends. lm-eval's output goes to standard error."""
    replies, sys.stdout = sys.stdout, sys.stderr
    logging.disable(logging.WARNING)
    tasks = str(Path(lm_eval.__file__).parent / "tasks")
    start = {"start": time.perf_counter() - BEGUN, "tasks": tasks}
    print(json.dumps(start), file=replies, flush=True)
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), file=replies, flush=True)


if __name__ == "__main__":
    main()
