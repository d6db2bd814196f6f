"""Exports of sets whose answers are no plain numbers grade by value, with clean-bench or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import clean_bench
from clean_bench import __version__
from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.exports import export
from clean_bench.exports.scorer import scorer_of
from clean_bench.exports.stored_set import read_stored_set
from clean_bench.integrations.exported_set import set_grader
from clean_bench.problems import Problem, ProblemSet, load_folder, write_folder
from generators.competition.plan import MatchedPlan
from generators.competition.profile import profile_named
from generators.competition.write import generate_matched
from generators.set_plan import master_seed
from tests.clean_bench.exports.test_standalone import HOSTILE
from tests.generators.competition.spellings import near_misses, spellings

VARIANTS = 5
"""Of a group; one of each is graded."""
DRIVER = Path(__file__).parent / "drive_grading.py"
FILES = {"lm-eval": "utils.py", "verifiers": "all_kinds/scoring.py"}
KINDS = {
    *("integer", "fraction", "decimal", "radical", "pi", "complex", "tuple", "interval", "matrix"),
    *("expression", "equation", "base", "list", "text"),
}
BY_HAND = [
    (r"\frac{2\sqrt{5}}{5}", r"2\sqrt{5}/5", r"2\sqrt{5}/6"),
    (r"\frac{65\pi}{2}", r"\frac{65}{2}\pi", r"\frac{65}{2}"),
    ("1115_9", "1115_{9}", "1115_8"),
    ("1115_9", "1115", "1116"),
    ("-3,3", "3,-3", "3,3"),
    ("x^2-1", "(x-1)(x+1)", "(x-1)^2"),
    ("3+2i", "2i+3", "2+3i"),
    ("[1,2)", r"\left[1, 2\right)", "(1,2)"),
    ("y=2x+1", "2x+1=y", "y=2x-1"),
    (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\begin{bmatrix}1\\2\end{bmatrix}", "(2,1)"),
    (r"\text{Even}", "even", "odd"),
    ("So 3+4=7.\n#### 7", "7", "8"),
]
"""A gold answer, another spelling of it, and a wrong answer."""


@pytest.fixture(scope="module")
def matched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets") / "matched"
    plan = MatchedPlan(profile_named("math500"), 258, master_seed(seed="exports"))
    generate_matched(plan, origin={"seed": "exports"}, out=folder)
    return folder


def small_set(folder: Path, *answers: str, **columns: object) -> Path:
    problems = [
        Problem(id=str(n), problem="?", answer=answer, **columns)
        for n, answer in enumerate(answers)
    ]
    write_folder(folder, ProblemSet("small", problems), {})
    return folder


def grade_file(
    path: Path, cases: list[tuple[str, str]], *flags: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the exported file away from the repository."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *flags, str(DRIVER), str(path)],
        input=json.dumps(cases),
        cwd=path.parent,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )


def grades_beside_clean_bench(
    path: Path, cases: list[tuple[str, str]], site: Path
) -> dict[tuple[str, str], float]:
    """The grades with a folder on the path that holds clean_bench alone."""
    site.mkdir()
    (site / "clean_bench").symlink_to(Path(clean_bench.__file__).parent)
    done = grade_file(path, cases, PYTHONPATH=str(site))
    assert done.returncode == 0, done.stderr[-3000:]
    answer = json.loads(done.stdout)
    assert answer["from"] == str(site / "clean_bench" / "__init__.py") and not answer["torch"]
    return dict(zip(cases, answer["grades"], strict=True))


@pytest.mark.parametrize("target", FILES)
def test_every_spelling_is_right_and_near_misses_are_wrong(
    matched: Path, tmp_path: Path, target: str
) -> None:
    expected: dict[tuple[str, str], float] = {}
    kinds = set()
    for problem in load_folder(matched).problems[::VARIANTS]:
        kind, gold = problem.metadata["answer_type"], problem.answer or ""
        kinds.add(kind)
        for texts, value in ((spellings(kind, gold), 1.0), (near_misses(kind, gold), 0.0)):
            expected |= {(gold, rf"so it is \boxed{{{text}}}."): value for text in texts}
    assert kinds == KINDS
    for gold, same, other in BY_HAND:
        expected |= {(gold, rf"\boxed{{{same}}}"): 1.0, (gold, rf"The answer is {other}"): 0.0}
    expected[r"\sqrt{12}", HOSTILE["power"]] = 0.0  # decided in the worker
    export(matched, target, tmp_path / "out", name="all-kinds")
    path = tmp_path / "out" / FILES[target]
    assert grades_beside_clean_bench(path, list(expected), tmp_path / "site") == expected


@pytest.mark.parametrize("target", FILES)
def test_without_clean_bench_one_line_says_what_to_install(tmp_path: Path, target: str) -> None:
    export(
        small_set(tmp_path / "set", "1", r"\sqrt{2}"), target, tmp_path / "out", name="all-kinds"
    )
    done = grade_file(tmp_path / "out" / FILES[target], [("1", "1")], "-I", "-S")
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.splitlines()[-1] == (
        f"ImportError: expected clean-bench {__version__}, which grades this set, got none: run "
        "`pip install PATH_OF_CLEAN_BENCH` (a checkout or a wheel, without extras)"
    )
    assert "ModuleNotFoundError:" not in done.stderr, "the failed import is not shown as well"


@pytest.mark.parametrize("target", FILES)
def test_a_broken_installation_is_not_called_missing(tmp_path: Path, target: str) -> None:
    export(small_set(tmp_path / "set", r"\sqrt{2}"), target, tmp_path / "out", name="all-kinds")
    package = tmp_path / "site" / "clean_bench"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import a_package_that_is_missing\n")
    done = grade_file(tmp_path / "out" / FILES[target], [], PYTHONPATH=str(tmp_path / "site"))
    last = done.stderr.splitlines()[-1]
    assert last == "ModuleNotFoundError: No module named 'a_package_that_is_missing'"


def test_another_version_is_refused() -> None:
    with pytest.raises(
        RuntimeError, match=rf"made by clean-bench 0.0.1, and {__version__} is inst"
    ):
        set_grader("0.0.1")


@pytest.mark.parametrize("target", FILES)
def test_what_to_install_is_stated(tmp_path: Path, target: str) -> None:
    stated = (
        f"pip install PATH_OF_CLEAN_BENCH      # a checkout or a wheel of clean-bench {__version__}"
    )
    for name, answers in (("numbers", ("1", "1/2")), ("others", ("1", "2i", "3"))):
        export(
            small_set(tmp_path / name, *answers), target, tmp_path / f"{name}-out", name="all-kinds"
        )
        texts = [
            (tmp_path / f"{name}-out" / file).read_text()
            for file in ("README.md", *(["pyproject.toml"] if target == "verifiers" else []))
        ]
        assert [stated in text for text in texts] == [name == "others"] * len(texts)
    assert "1 of the 3 gold answers are no plain numbers" in texts[0]


@pytest.mark.parametrize(
    ("answers", "grader"),
    [
        (("1", "-1/2", r"\frac{3}{4}", "0.25", "1,200", "$5$"), "standalone"),
        *(((gold, "1"), f"clean-bench {__version__}") for gold, _, _ in BY_HAND),
        (("50\\%",), f"clean-bench {__version__}"),
    ],
)
@pytest.mark.parametrize("label", ["integer", "radical"])
def test_the_gold_answers_decide_and_not_the_label(
    tmp_path: Path, answers: tuple[str, ...], grader: str, label: str
) -> None:
    folder = small_set(tmp_path / "set", *answers, metadata={"answer_type": label})
    assert scorer_of(read_stored_set(folder)).grader == grader


@pytest.mark.parametrize("target", FILES)
def test_a_gold_answer_that_cannot_be_read_is_named(tmp_path: Path, target: str) -> None:
    folder = small_set(tmp_path / "set", "1", "first we add the two numbers and then " * 5)
    with pytest.raises(
        UserError, match=r"problem 1: expected a gold answer, got a solution of \d+"
    ):
        export(folder, target, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def started() -> None:
    """The worker of slow comparisons, whose start takes seconds once in a process."""
    assert not set_grader(__version__)(r"\sqrt{13}", HOSTILE["power"])


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_costs_little_and_scores_nothing(kind: str, started: None) -> None:
    correct = set_grader(__version__)
    text, begun = HOSTILE[kind], time.monotonic()
    assert not correct(r"\sqrt{12}", text)
    assert correct(r"\sqrt{12}", text.replace("{", "").replace("}", "") + r" \boxed{2\sqrt{3}}")
    assert time.monotonic() - begun < 12, "two comparisons of at most 5 seconds each"


@pytest.mark.parametrize("target", FILES)
def test_a_matched_set_is_never_called_fresh(matched: Path, tmp_path: Path, target: str) -> None:
    exported = export(matched, target, tmp_path / "out", name="all-kinds")
    claim = Artifact.load(matched).metadata["matched"]["claim"]
    for file in exported.files:
        if file.endswith(".jsonl"):
            continue
        text = (tmp_path / "out" / file).read_text()
        assert "fresh" not in text.lower(), file
        assert "claim" not in text or claim in text, file
