"""What follows a finished step: evaluation, the checkpoints that are kept, the tracker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clean_bench.artifacts import Artifact
from clean_bench.engines.base import Engine
from trainers.checkpoints import Keeper
from trainers.config import TrainConfig
from trainers.evaluation import Evaluation, stored_accuracies
from trainers.policy import Policy
from trainers.trackers import Tracker


class AfterStep:
    """Called by the loop at the boundaries of steps, where the engine has the policy's weights.

    Args:
        tracker: gets the metrics of every step; None for none.
        detail: called with what is done.
    """

    def __init__(
        self,
        artifact: Artifact,
        evaluation: Evaluation,
        config: TrainConfig,
        policy: Policy,
        engine: Engine,
        tracker: Tracker | None,
        detail: Callable[[str], None],
    ) -> None:
        self._artifact, self._evaluation = artifact, evaluation
        self._keeper = Keeper(artifact, config.keep_last, config.keep_best)
        self._policy, self._engine = policy, engine
        self._tracker, self._detail = tracker, detail

    def begin(self, step: int) -> None:
        """Before the first step of this process: evaluate the base, or what a killed process did not."""
        if self._evaluation.due(step) and not self._evaluation.done(step):
            self._evaluate(step)

    def finish(self, step: int, metrics: Mapping[str, float | None]) -> None:
        """After `step` steps: evaluate where it is due, and track."""
        found: dict[str, Any] = dict(metrics)
        if self._evaluation.due(step):
            found["evaluation_accuracy"] = self._evaluate(step)
        if self._tracker is not None:
            self._tracker.log(step, found)

    def _evaluate(self, step: int) -> float | None:
        self._detail(f"evaluating after {step} steps")
        accuracy = self._evaluation.run(self._engine, self._policy.tokenizer, step)
        self._keeper.save(self._policy, step, stored_accuracies(self._artifact))
        return accuracy
