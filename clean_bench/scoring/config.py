"""What a score is to be: every setting that decides its completions and its verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from clean_bench import prompts
from clean_bench.errors import UserError
from clean_bench.grading.graders import named


@dataclass(frozen=True)
class ScoreConfig:
    """How completions are made and graded.

    The score under the first of `templates` is the headline. `samples` 0 is greedy alone. Every
    response begins with `force_start`, which the checkpoint only continues. `repeat` greedy
    completions are made a second time, among other neighbours.
    """

    templates: tuple[str, ...] = (prompts.AUTO,)
    samples: int = 0
    temperature: float = 1.0
    max_tokens: int = 512
    seed: int = 0
    force_start: str = ""
    repeat: int = 0
    grader: str = "clean-bench"

    def check(self) -> None:
        """Raise `UserError` for a setting that means nothing."""
        if not (isfinite(self.temperature) and self.temperature > 0):
            raise UserError(f"--temperature {self.temperature}: a finite number above 0 is wanted")
        if not self.templates:
            raise UserError("--template: name at least one")
        for template in self.templates:
            prompts.require(template)
        _require_distinct(self.templates)
        named(self.grader)

    def resolved(self, tokenizer: Any) -> dict[str, Any]:
        """The settings with the templates by name, for a manifest.

        Raises:
            UserError: as `prompts.resolve`, and for a template that is named twice.
        """
        names = [prompts.resolve(name, tokenizer) for name in self.templates]
        _require_distinct(names)
        return {**asdict(self), "templates": names}


def _require_distinct(names: Sequence[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UserError(f"--template: {twice[0]} is named twice; name each only once")
