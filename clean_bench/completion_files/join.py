"""Join the rows of a file of completions to the problems of a set."""

from __future__ import annotations

from clean_bench.completion_files.row import CompletionRow
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.text.normalize import normalize_spaces

_MOST_SEARCHED = 20_000
"""Problems of a set that are searched for in prompts; of a larger set, only whole texts are joined."""


class ProblemJoin:
    """Finds the problem of a row in a problem set: by its whole text, inside the prompt, or by id."""

    def __init__(self, problems: ProblemSet) -> None:
        problems.require_answers()
        self.problems = problems
        self._by_text = {normalize_spaces(p.problem): p for p in problems}
        self._by_id = {p.id: p for p in problems}
        self._by_prompt: dict[str, Problem | None] = {}

    def find(self, row: CompletionRow) -> Problem:
        """The problem of a row.

        Raises:
            UserError: if there is none.
        """
        text = row.problem or row.prompt
        if not text.strip():
            problem = self._by_id.get(row.problem_id or "")
            what = f"the id {row.problem_id!r}"
        else:
            if text not in self._by_prompt:
                self._by_prompt[text] = self._search(normalize_spaces(text))
            problem = self._by_prompt[text]
            what = f"the text {text[:60]!r}"
        if problem is None:
            raise UserError(
                f"{row.where}: expected a problem of {self.problems.name}, got {what}, which is of none"
            )
        return problem

    def _search(self, text: str) -> Problem | None:
        if text in self._by_text:
            return self._by_text[text]
        if len(self._by_text) > _MOST_SEARCHED:
            return None
        # A prompt may hold worked examples before its problem: the last one in the text counts.
        places = [(text.rfind(own), len(own), p) for own, p in self._by_text.items() if own in text]
        return max(places, key=lambda place: (place[0] + place[1], place[1]))[2] if places else None
