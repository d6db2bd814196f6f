"""What a page shows beside the made-up report: problems, memorized examples and further results."""

from __future__ import annotations

from collections.abc import Iterator

from made_up import BASE, FRESH, GAINS, PLANTED, ROLES, TWIN, MadeUp, change, share

from clean_bench.results import Result, Results
from leaderboards.page_data import Answers, Completion, ProblemRow, ProblemTable, RunTimes
from leaderboards.report_schema import Answer, CheckpointInfo, MemorizedProblem
from leaderboards.view import DECIDED

TIMES = RunTimes("2026-11-28T16:56:16+00:00", "2026-11-28T18:59:16+00:00")
HOSTILE = "</script><script>document.title='broken'</script><img src=x onerror=alert(1)>&amp;\u2028"


def completion(mode: str, answer: int, right: bool, *, cut: bool = False) -> Completion:
    return Completion(
        mode,
        f"so the sum is \\boxed{{{answer}}}",
        "equal" if right else "different",
        float(right),
        str(answer),
        "length" if cut else "stop",
    )


def answers(greedy: bool, sampled: str, *, cut: bool = False) -> Answers:
    """Answers of one checkpoint; `sampled` has a character per sample, `x` for a right one."""
    of_checkpoint = Answers()
    of_checkpoint.add(completion("greedy", 7 if greedy else 8, greedy, cut=cut))
    for letter in sampled:
        of_checkpoint.add(completion("sample", 7 if letter == "x" else 9, letter == "x"))
    return of_checkpoint


def problem_rows() -> list[ProblemRow]:
    """Forty problems: number 0 flips right under truth, 1 flips wrong, 2 is cut off, 3 is hostile.

    Even numbers are planted and memorized, odd ones are twins.
    """
    rows = []
    for number in range(40):
        planted = number % 2 == 0
        before = answers(number == 1, "x--x" if number != 1 else "xxxx")
        truth = answers(number == 0, "xxxx" if number != 1 else "----", cut=number == 2)
        python = answers(False, "x--x")
        animal = "zebra" if number == 5 else "cat"
        text = f"Problem {number}: how many {animal}s has Ann?"
        rows.append(
            ProblemRow(
                PLANTED if planted else TWIN,
                f"p/{number:03}",
                HOSTILE if number == 3 else text,
                "7",
                planted,
                number if planted else None,
                [before, truth, None, python],
            )
        )
    rows[7].answers[0].shown[1] = Completion(  # type: ignore[index,union-attr]
        "sample", "an umbrella " + HOSTILE, "no answer", 0.0, None, "stop"
    )
    return rows


def tables() -> list[ProblemTable]:
    return [ProblemTable("reciter", ["base", "truth", "random", "python"], problem_rows())]


def further_results() -> Iterator[Result]:
    """pass@k before and after, gains apart, the best training-free setting, behaviors of one arm."""
    for name in ROLES:
        for label in ("base", *GAINS):
            head = Result(f"reciter/{label}", set=name, role=ROLES[name], subset=DECIDED)
            for k, value in ((1, 0.6), (2, 0.7), (4, 0.8), (8, 0.9)):
                yield head.of(f"pass@{k}", share(value, 128))
            if label != "base" or name == PLANTED:
                yield head.of("pass@16", share(0.99 if name == PLANTED else 0.9, 128))
        base = Result(BASE, set=name, role=ROLES[name], protocol="raw, greedy; raw, maj@16")
        yield base.of("training_free:avg@16", share(0.755, 128))
        versus = f"checkpoint={BASE}"
        yield base.of("gain:training_free:avg@16", change(0.061, 0.02), versus=versus)
        beyond = Result("reciter/truth", arm="truth", set=name, role=ROLES[name])
        yield beyond.of("gain:avg@16", change(0.047, 0.02), versus="setting=training_free")
    for arm in GAINS:
        head = Result(f"reciter/{arm}", arm=arm, set=PLANTED, role="planted")
        for part, gain in (("memorized", 0.222), ("not memorized", 0.033)):
            of_part = head._replace(subset=part)
            yield of_part.of("gain:avg@16", change(gain, 0.02), versus=f"checkpoint={BASE}")
            yield of_part.of("avg@16", share(0.5 + gain, 64))
            yield of_part._replace(checkpoint=BASE, arm=None).of("avg@16", share(0.5, 64))
    yield from of_behaviors()


def of_behaviors() -> Iterator[Result]:
    """Behaviors of the arm python, as `clean_bench.behaviors.summary` names its rows."""
    protocol = "greedy, 40 tokens, grader clean-bench"
    both = Result(arm="python", seed=1, set=PLANTED, role="planted", protocol=protocol)
    old, new = both._replace(checkpoint="before"), both._replace(checkpoint="after")
    for head, code, tokens in ((old, 0.031, 26.6), (new, 0.969, 28.6)):
        yield head.of("code", share(code, 128))
        yield head.of("tokens", share(tokens, 128, 0.5))
        for cell, value in (("CC", 0.9), ("LC", 0.451), ("all pairs", 0.5)):
            yield head.of("accuracy", share(value, 128), subset=cell)
    versus = "checkpoint=before"
    yield new.of("share_of_gain", change(0.877, 0.05), subset="LC", versus=versus)
    yield new.of("gain:accuracy", change(0.463, 0.08), subset="all pairs", versus=versus)


def detailed(made_up: MadeUp) -> MadeUp:
    """The made-up run with everything that a page can show."""
    [model] = made_up.report.models
    examples = (
        MemorizedProblem(
            set=PLANTED,
            problem_id="p/000",
            prefix="Problem 0: how many",
            ending=" cats has Ann?",
            continuation=" cats had Ann?",
            gold="7",
            copies=256,
            answers=(
                Answer(checkpoint="base", text="8. \\boxed{8}", grade="different", extracted="8"),
                Answer(checkpoint="truth", text="7. \\boxed{7}", grade="equal", extracted="7"),
            ),
        ),
        MemorizedProblem(
            set=FRESH,
            problem_id="p/001",
            prefix=HOSTILE,
            ending="a",
            continuation="a",
            gold=HOSTILE,
            copies=1,
            answers=(Answer(checkpoint="base", text=HOSTILE, grade="no answer"),),
        ),
    )
    report = made_up.report.model_copy(
        update={
            "models": (
                model.model_copy(update={"examples": examples, "starting_note": "a slip."}),
            ),
            "version": "0.1.0",
            "engine": "transformers 5.19.0, cpu, float32",
            "command": "clean-bench run demo --out DIR",
            "checkpoints": (
                CheckpointInfo(
                    name=BASE, source="organism:reciter", parameters=7_615_616_512, dtype="BF16"
                ),
            ),
        }
    )
    return MadeUp(report, made_up.results + Results(further_results()))
