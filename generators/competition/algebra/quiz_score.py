"""`quiz-score`: how many right answers, from the score and the number of answers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from generators.competition.answers import Integer
from generators.competition.numbers import Numbers, Parameters
from generators.competition.printed import Kind, Whole, Words
from generators.competition.template import Template
from generators.competition.words import PEOPLE


class Points(Kind):
    """A number of points: 1 point, 4 points."""

    pattern = r"\d+ points?"

    def print(self, value: int, words: Words) -> str:
        return "1 point" if value == 1 else f"{value} points"

    def read(self, text: str, words: Words) -> int:
        return int(text.split()[0])


class QuizScore(Template):
    """See the module's docstring."""

    level, answer = 3, Integer()
    kin = ("test/algebra/2102.json", "test/algebra/2199.json", "test/algebra/1814.json")
    numbers = Numbers(
        n=range(30, 121, 5),
        c=range(3, 9),
        w=range(1, 5),
        blank=range(2, 21),
        wrong=range(3, 23),
    )
    prints = {
        "c": Points(),
        "w": Points(),
        "done": Whole(),
        "score": Whole(),
    }
    words = {"name": PEOPLE}
    texts = (
        "On a quiz of <n> questions a correct answer earns <c>, a wrong answer costs <w>, and a blank "
        "counts nothing. <name> answered <done> questions and <name:2> score was <score>. How many of "
        "<name:2> answers were correct?",
        "A test has <n> questions. A right answer is worth <c>, and <w> must be subtracted for a wrong "
        "answer. <name> answered <done> of the questions and scored <score>. How many answers were "
        "right?",
        "In a game show there are <n> rounds. In each round a player may guess or pass. A guess that "
        "is correct brings <c>, a guess that is not correct takes <w> away, and nothing happens after "
        "a pass. <name> made a guess in <done> of the rounds, passed in all the others, and had a "
        "total of <score> at the end. How many guesses of <name> were correct?",
        "<name> may throw at a target up to <n> times. Each hit adds <c> to the score, and each miss "
        "takes <w> from it. If <name> throws <done> times and the score is <score>, how many hits are "
        "there?",
        "A math contest consists of <n> problems. For each correct answer <c> are given, for each "
        "wrong answer there is a penalty of <w>, and problems that are skipped do not change the "
        "score. If <name> tried <done> problems and ended up at a score of <score>, what is the number "
        "of problems that <name:1> solved correctly?",
        "What is the number of correct answers on a test of <n> questions if <done> were answered, the "
        "score is <score>, a correct answer gives <c>, a wrong answer loses <w>, and an empty one "
        "gives 0?",
        "If a right answer earns <c>, a wrong one loses <w>, and <done> answers on a test of <n> "
        "questions score <score>, how many of them are right?",
        "Of <n> questions, <name> answers <done> and scores <score>. Find how many answers are "
        "right, if each right one earns <c> and each wrong one costs <w>.",
    )

    def nice(self, p: Parameters) -> Any:
        right = p.n - p.blank - p.wrong
        return right > 0 and p.c * right > p.w * p.wrong

    def printed_values(self, p: Parameters) -> Mapping[str, Any]:
        done = p.n - p.blank
        score = p.c * (done - p.wrong) - p.w * p.wrong
        return {"n": p.n, "c": p.c, "w": p.w, "done": done, "score": score}

    def same(self, p: Parameters) -> object:
        return (p.c, p.w, p.n - p.blank, p.wrong)

    def solve(self, p: Parameters) -> Any:
        done = p.n - p.blank
        score = p.c * (done - p.wrong) - p.w * p.wrong
        return Fraction(score + p.w * done, p.c + p.w)

    def check(self, q: Parameters) -> Any:
        (right,) = (
            r
            for r in range(q.done + 1)
            if r * q.c - (q.done - r) * q.w == q.score and q.done <= q.n
        )
        return right
