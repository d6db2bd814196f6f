"""Plantings: a random, reproducible assignment; copies as planned; a killed planting resumes."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.organisms import planting
from clean_bench.organisms.language import train_tokenizer
from clean_bench.organisms.planting_checks import check_planting, check_planting_base
from clean_bench.organisms.planting_corpus import (
    NOT_ALTERABLE,
    background_documents,
    background_without,
    copies,
    generated_background,
    in_form,
    of_tokens,
    planted_document,
    token_count,
)
from clean_bench.organisms.planting_plan import (
    PlantingPlan,
    assign,
    dose_counts,
    without_near_duplicates,
)
from clean_bench.organisms.pretrain import Schedule
from clean_bench.problems import Problem, ProblemSet, load_folder, problems_table
from generators.registry import FAMILIES
from tests.clean_bench.organisms.tiny_recipe import SCHEDULE, TINY

ANIMALS = ["cats", "dogs", "hens", "cows", "pigs", "owls", "bees", "ants", "rats", "bats"]
FRUITS = ["figs", "plums", "dates", "limes", "pears"]
PROBLEMS = [
    Problem(
        id=f"set/{number:02d}",
        problem=f"There are ${number + 3}$ {animal} and some {fruit}. What is the sum of $7$ and $5$?",
        answer=str(number),
    )
    for number, (animal, fruit) in enumerate((a, f) for a in ANIMALS for f in FRUITS)
][:24]
SET = ProblemSet("animals", PROBLEMS)
BACKGROUND = generated_background("test", 60)
PLAN = PlantingPlan("1", doses=(1, 3), shares=(2, 1))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "base"
    planting.build_base(BACKGROUND, folder, "small", "1", exclude=PROBLEMS, recipe=TINY)
    return folder


def dose_of(problem: Problem) -> int:
    return int(problem.metadata["dose"])


def numbered(count: int) -> list[Problem]:
    return [Problem(id=f"p{number}", problem=f"Problem {number}") for number in range(count)]


def test_the_halves_are_disjoint_and_complete_and_have_the_planned_doses() -> None:
    planted, held_out = assign(numbered(500), PlantingPlan("x"))
    assert Counter(map(dose_of, planted)) == {1: 70, 4: 70, 16: 60, 64: 30, 256: 20}
    assert Counter(map(dose_of, held_out)) == {0: 250}
    assert {p.id for p in planted} | {p.id for p in held_out} == {f"p{n}" for n in range(500)}


def test_the_assignment_depends_on_the_seed_and_the_ids_alone() -> None:
    problems = numbered(60)
    expected = {p.id: dose_of(p) for half in assign(problems, PlantingPlan("x")) for p in half}
    for seed in range(5):
        other = [replace(p, problem=f"{p.problem}, again", answer="1") for p in problems]
        random.Random(seed).shuffle(other)
        drawn = {p.id: dose_of(p) for half in assign(other, PlantingPlan("x")) for p in half}
        assert drawn == expected
    changed = {p.id: dose_of(p) for half in assign(problems, PlantingPlan("y")) for p in half}
    assert changed != expected


def test_every_problem_is_planted_in_half_of_the_plantings_and_pairs_are_independent() -> None:
    problems, seeds = numbered(20), 2000
    times: Counter[str] = Counter()
    both, doses = 0, Counter[int]()
    for seed in range(seeds):
        planted, _ = assign(problems, PlantingPlan(str(seed), doses=(1, 4), shares=(4, 1)))
        ids = {p.id for p in planted}
        times.update(ids)
        both += {"p0", "p1"} <= ids
        doses.update(dose_of(p) for p in planted if p.id == "p7")
    # 5 standard deviations: sqrt(2000)/2 = 22 for a problem, 2000 * 10/20 * 9/19 = 474 +- 19 for a pair.
    assert all(abs(count - seeds / 2) < 112 for count in times.values())
    assert abs(both - seeds * (10 / 20) * (9 / 19)) < 95
    assert abs(doses[4] - seeds / 10) < 5 * (seeds * 0.1 * 0.9) ** 0.5


@pytest.mark.parametrize("total", [0, 1, 7, 23, 250])
def test_dose_counts_follow_the_shares(total: int) -> None:
    shares = (70, 70, 60, 30, 20)
    counts = dose_counts(total, shares)
    assert sum(counts) == total
    assert all(abs(n - total * s / 250) < 1 for n, s in zip(counts, shares, strict=True))


def test_of_near_duplicates_the_first_is_kept() -> None:
    texts = [
        "What is $2+3$?",
        "what  is $12 + 1,000$ ?",
        "What is $2-3$?",
        "Find  $x$.",
        "find $x$.",
    ]
    problems = [Problem(id=str(n), problem=text) for n, text in enumerate(texts)]
    kept, left_out = without_near_duplicates(problems)
    assert [p.id for p in kept] == ["0", "2", "3"]
    assert left_out == {"1": "0", "4": "3"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"doses": (1, 1), "shares": (1, 1)}, "expected each dose once"),
        ({"doses": (0, 2), "shares": (1, 1)}, "expected numbers of copies from 1 on"),
        ({"shares": (1, 2)}, "expected 5 numbers"),
        ({"stage": "later"}, "stage: expected one of pretraining, continued, got 'later'"),
    ],
)
def test_a_plan_that_is_none_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        PlantingPlan("x", **change)


def test_too_few_problems_and_shared_ids_are_refused() -> None:
    with pytest.raises(UserError, match="at least 10 problems, 2 per dose, got 9"):
        assign(numbered(9), PlantingPlan("x"))
    with pytest.raises(UserError, match="two problems share an id"):
        assign([*numbered(10), *numbered(1)], PlantingPlan("x"))


def test_the_corpus_has_as_many_copies_of_a_problem_as_its_dose() -> None:
    planted, held_out = assign(PROBLEMS, PLAN)
    counted = Counter(document.text for document in copies(planted))
    assert counted == {f"{p.problem}\n\\boxed{{{p.answer}}}": dose_of(p) for p in planted}
    assert not {planted_document(p).text for p in held_out} & set(counted)


def test_no_problem_text_is_in_the_background() -> None:
    inside = f"A reader asks: {PROBLEMS[3].problem.upper()}\nWhy?"
    spaced = PROBLEMS[7].problem.replace(" ", "  \n")
    near = PROBLEMS[5].problem.replace("$7$", "$8$")
    texts = [BACKGROUND[0], inside, near, spaced, BACKGROUND[1]]
    kept = background_without(texts, PROBLEMS)
    assert kept.texts == (BACKGROUND[0], near, BACKGROUND[1])
    assert kept.dropped == 2


def test_generated_backgrounds_have_every_family_and_their_answers_are_right() -> None:
    texts = generated_background("s", 3 * len(FAMILIES))
    assert texts == generated_background("s", 3 * len(FAMILIES))
    assert texts != generated_background("t", 3 * len(FAMILIES))
    for number, (name, family) in enumerate(FAMILIES.items()):
        for text in texts[number :: len(FAMILIES)]:
            problem, _, answer = text.rpartition("\n\\boxed{")
            item = next(iter(family.forms_in(problem)), None)
            assert item is not None, (name, problem)
            value = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", answer.removesuffix("}"))
            assert family.evaluate(problem) == Fraction(value)


def test_background_documents_are_truncated_to_the_context_between_words() -> None:
    tokenizer = train_tokenizer(BACKGROUND, 300)
    texts = [" ".join(BACKGROUND[n : n + 10]) for n in range(20)] + BACKGROUND[:3]
    documents = background_documents(texts, tokenizer, 100)
    for text, document in zip(texts, documents, strict=True):
        count = token_count(tokenizer, document)
        assert count <= 100
        assert text.startswith(document.text)
        if token_count(tokenizer, planted_document(Problem(id="", problem=text))) <= 100:
            assert document.text == text
        else:
            following = re.match(r"\s+\S+", text[len(document.text) :])
            assert following is not None
            longer = document.text + following[0]
            assert len(tokenizer(longer, add_special_tokens=False)["input_ids"]) + 2 > 100


def test_the_background_share_is_counted_in_tokens_without_repeats() -> None:
    tokenizer = train_tokenizer(BACKGROUND, 300)
    documents = background_documents(BACKGROUND, tokenizer, 128)
    counts = {document.text: token_count(tokenizer, document) for document in documents}
    total, largest = sum(counts[d.text] for d in documents), max(counts.values())
    for wanted in (1, total // 2, total + total // 3):
        taken = of_tokens(documents, wanted, tokenizer, "s")
        tokens = sum(counts[document.text] for document in taken)
        assert wanted <= tokens < wanted + largest
        seen = Counter(document.text for document in taken)
        assert max(seen.values()) - min(seen.get(text, 0) for text in counts) <= 1


def test_altered_forms_are_planted_and_what_cannot_be_altered_is_not() -> None:
    tokenizer = train_tokenizer([p.problem for p in PROBLEMS], 400)
    plan = replace(PLAN, form="renumbered")
    problem = replace(PROBLEMS[0], metadata={"dose": "3"})
    altered = in_form(problem, plan, 128, tokenizer)
    text = altered.metadata["planted_text"]
    assert re.sub(r"\d", "#", text) == re.sub(r"\d", "#", problem.problem)
    assert text != problem.problem
    assert (altered.metadata["dose"], altered.metadata["form"]) == ("3", "renumbered")
    assert planted_document(altered).text == text  # no answer: that of the new numbers is unknown
    without = replace(problem, problem="Find the owls and the bees")
    for stuck, longest in ((without, 128), (problem, 5)):
        row = in_form(stuck, plan, longest, tokenizer)
        assert (row.metadata["dose"], row.metadata["form"]) == ("0", NOT_ALTERABLE)
        assert copies([row]) == []


@pytest.mark.parametrize("stage", ["continued", "pretraining"])
def test_a_killed_planting_ends_like_an_uninterrupted_one(
    tmp_path: Path, base: Path, stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planting, "SAVE_EVERY", 2)
    plan = replace(PLAN, stage=stage)
    start = base if stage == "continued" else None

    class Killed(Exception):
        pass

    def die(step: int, steps: int, loss: float) -> None:
        if step == 4:
            raise Killed

    whole = planting.plant(SET, BACKGROUND, tmp_path / "whole", plan, start, recipe=TINY)
    with pytest.raises(Killed):
        planting.plant(SET, BACKGROUND, tmp_path / "cut", plan, start, recipe=TINY, progress=die)
    steps: list[int] = []
    again = planting.plant(
        SET,
        BACKGROUND,
        tmp_path / "cut",
        plan,
        start,
        recipe=TINY,
        progress=lambda step, total, loss: steps.append(step),
    )
    assert steps[0] == 3  # from the state after step 2
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert list(check_planting(Artifact.load(tmp_path / "cut"))) == []


def test_a_planting_holds_both_halves_and_its_counts(tmp_path: Path, base: Path) -> None:
    near = Problem(id="set/99", problem=PROBLEMS[0].problem.replace("$7$", "$70$"), answer="1")
    long = Problem(id="set/98", problem="Add " + " and ".join(map(str, range(100, 200))))
    problems = ProblemSet("animals", [*PROBLEMS, near, long])
    texts = [*BACKGROUND, f"Read this. {PROBLEMS[4].problem}"]
    artifact = planting.plant(problems, texts, tmp_path / "p", PLAN, base, recipe=TINY)
    facts = artifact.metadata
    assert facts["near_duplicates"] == {"set/99": "set/00"}
    assert facts["overlong"] == ["set/98"]
    assert facts["background_dropped"] == 1
    planted, held_out = (load_folder(tmp_path / "p" / half) for half in ("planted", "held-out"))
    assert (planted.role, held_out.role) == ("planted", "twin")
    expected = assign(PROBLEMS, PLAN)
    assert [(p.id, dose_of(p)) for p in planted] == [(p.id, dose_of(p)) for p in expected[0]]
    assert list(held_out) == expected[1]
    tokenizer = AutoTokenizer.from_pretrained(base / "checkpoint")
    lengths = {p.id: token_count(tokenizer, planted_document(p)) for p in planted}
    assert facts["planted_tokens"] == sum(lengths[p.id] * dose_of(p) for p in planted)
    assert 0 <= facts["background_tokens"] - facts["planted_tokens"] < 128
    assert list(check_planting(artifact)) == []
    assert list(check_planting_base(Artifact.load(base))) == []


def test_the_check_finds_a_changed_dose(tmp_path: Path, base: Path) -> None:
    artifact = planting.plant(SET, BACKGROUND, tmp_path / "p", PLAN, base, recipe=TINY)
    config = artifact.config
    artifact.manifest["config"] = {**config, "seed": "2"}
    assert any("the seed assigns it to the other half" in str(f) for f in check_planting(artifact))
    artifact.manifest["config"] = {**config, "form": "reworded"}
    assert any(
        "has the form verbatim, the plan reworded" in str(f) for f in check_planting(artifact)
    )
    artifact.manifest["config"] = config
    planted = list(load_folder(tmp_path / "p" / "planted"))
    one = next(p for p in planted if dose_of(p) == 1)
    rows = [replace(p, metadata={**p.metadata, "dose": "3"}) if p is one else p for p in planted]
    table = problems_table(rows)
    Artifact(tmp_path / "p" / "planted", artifact.manifest).write("problems/00000", table)
    failures = [str(failure) for failure in check_planting(artifact)]
    assert any(f"{one.id}: has the dose 3, the seed gives 1" in text for text in failures)
    assert any("planted_copies" in text for text in failures)


def test_a_base_with_another_background_is_refused(tmp_path: Path, base: Path) -> None:
    with pytest.raises(UserError, match="a base with the background of the planting, got another"):
        planting.plant(SET, BACKGROUND[1:], tmp_path / "p", PLAN, base, recipe=TINY)
    with pytest.raises(UserError, match="expected the folder of a base, got none"):
        planting.plant(SET, BACKGROUND, tmp_path / "p", PLAN, recipe=TINY)
    with pytest.raises(UserError, match="stage pretraining: expected no base"):
        plan = replace(PLAN, stage="pretraining")
        planting.plant(SET, BACKGROUND, tmp_path / "p", plan, base, recipe=TINY)
    with pytest.raises(UserError, match="got none in 1 texts"):
        planting.plant(SET, [PROBLEMS[0].problem], tmp_path / "p", PLAN, base, recipe=TINY)
    assert not (tmp_path / "p").exists()


def test_merged_copies_have_the_gradient_of_separate_ones() -> None:
    import torch

    from clean_bench.organisms import pretrain
    from clean_bench.organisms.language import new_model

    tokenizer = train_tokenizer(BACKGROUND, 300)
    torch.manual_seed(1)
    model = new_model(TINY.size, tokenizer)
    documents = background_documents(BACKGROUND[:5], tokenizer, 128)
    step = [documents[0], documents[1], documents[0], documents[2], documents[0], documents[4]]
    gradients, losses = [], []
    for schedule in (Schedule(), replace(SCHEDULE, most_tokens=150)):
        model.zero_grad()
        losses.append(pretrain._backward(model, pretrain._passes(tokenizer, step, schedule)))
        gradients.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
    assert len(pretrain._passes(tokenizer, step, replace(SCHEDULE, most_tokens=150))) > 1
    assert abs(losses[0] - losses[1]) < 1e-5
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_the_driver_reads_seeds_and_backgrounds(tmp_path: Path) -> None:
    from importlib.util import module_from_spec, spec_from_file_location

    path = Path(__file__).parents[3] / "measurements" / "plantings.py"
    spec = spec_from_file_location("plantings", path)
    assert spec is not None and spec.loader is not None
    driver = module_from_spec(spec)
    spec.loader.exec_module(driver)
    assert driver.seeds("11-13") == [11, 12, 13]
    assert driver.seeds("4") == [4]
    rows = [{"problem": "P", "solution": "S"}, {"problem": "Q"}]
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert driver.background(tmp_path / "b.jsonl") == ["P\nS", "Q"]
