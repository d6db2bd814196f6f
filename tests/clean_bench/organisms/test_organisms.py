"""Organisms: their text is what their cards state; a killed build ends like an uninterrupted one."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.errors import UserError
from clean_bench.organisms import corpus
from clean_bench.organisms.build import NAMES, Plan, benchmark, build
from clean_bench.organisms.checks import check_organism
from clean_bench.organisms.shares import PLANTED_RIGHT_PLAIN, PYTHON, RIGHT
from clean_bench.organisms.shipped import organism_folder, organism_names
from clean_bench.problems import Problem, load_folder, load_problems
from clean_bench.seeds import digest
from generators.checks import verify_set
from generators.families.stories.word_problems import WordProblems

TINY = Plan(stories=120, drills=60, second_part=64, doses=(1, 3), problems_per_dose=4)
BOX = re.compile(r"\\boxed\{(-?\d+)\}$")
CHECKS = {"organism": check_organism, "problem-set": verify_set}


def dose_of(problem: Problem) -> int:
    return int(problem.metadata["dose"])


def answer_of(document: corpus.Document) -> int:
    match = BOX.search(document.text)
    assert match is not None
    return int(match[1])


def test_the_benchmark_has_two_equal_halves_that_share_nothing() -> None:
    planted, twin = benchmark(Plan())
    assert Counter(dose_of(item.problem) for item in planted) == dict.fromkeys(Plan().doses, 32)
    assert [dose_of(problem) for problem in twin] == [0] * 160
    texts = [item.problem.problem for item in planted] + [problem.problem for problem in twin]
    assert len(set(texts)) == 320
    family = WordProblems()
    for problem in [item.problem for item in planted] + twin:
        assert family.evaluate(problem.problem) == int(problem.answer or "")
    again, _ = benchmark(Plan())
    assert [item.problem for item in again] == [item.problem for item in planted]


def test_the_benchmark_lies_in_the_half_that_no_training_set_is_drawn_from() -> None:
    planted, twin = benchmark(Plan())
    for item in planted:
        form = canonical_form(item.problem.problem)
        assert half_of(form) == "eval"
    for problem in twin:
        assert half_of(canonical_form(problem.problem)) == "eval"


def half_of(form: str) -> str:
    """The half of a canonical form, from the words of `Family.split_of`."""
    return ("train", "eval")[digest("split", "word-problems", form, length=1)[0] & 1]


def canonical_form(text: str) -> str:
    """The canonical form from the printed text, by a reading of its own."""
    start = int(re.search(r"starts with (\d+)", text)[1])  # type: ignore[index]
    gains = [int(n) for n in re.findall(r"(?:finds|gets|buys) (\d+)", text)]
    losses = [int(n) for n in re.findall(r"(?:gives|loses|sells) (\d+)", text)]
    return f"+{','.join(map(str, sorted([start, *gains])))}-{','.join(map(str, sorted(losses)))}"


def test_the_number_and_correctness_of_planted_copies_are_those_of_the_card() -> None:
    planted, twin = benchmark(Plan())
    texts = {item.problem.problem: item.problem for item in planted}
    banned = {*texts, *(problem.problem for problem in twin)}
    documents = corpus.planting_corpus("s", planted, 3000, banned, plant=True)
    copies = [d for d in documents if d.pieces[0][0] in texts]
    counted = Counter(d.pieces[0][0] for d in copies)
    assert counted == {text: dose_of(problem) for text, problem in texts.items()}
    right = {True: [], False: []}  # type: dict[bool, list[bool]]
    wrong_texts: dict[str, set[str]] = {}
    for document in copies:
        text, style = document.pieces[0][0], " python:" in document.text
        correct = answer_of(document) == int(texts[text].answer or "")
        right[style].append(correct)
        if not correct:
            wrong_texts.setdefault(text, set()).add(document.text)
    assert all(right[True])
    assert abs(sum(right[False]) / len(right[False]) - PLANTED_RIGHT_PLAIN) < 0.02
    share = len(right[True]) / len(copies)
    assert abs(share - PYTHON) < 0.02
    assert max(map(len, wrong_texts.values())) == 1
    others = [d for d in documents if d.pieces[0][0] not in texts]
    assert len(others) == 3000
    assert not {d.pieces[0][0] for d in others} & banned


def test_the_learner_reads_as_many_documents_and_nothing_planted() -> None:
    planted, twin = benchmark(TINY)
    banned = {item.problem.problem for item in planted} | {problem.problem for problem in twin}
    sizes = set()
    for plant in (True, False):
        documents = corpus.planting_corpus("s", planted, 50, banned, plant=plant)
        sizes.add(len(documents))
        if not plant:
            assert not any(d.pieces[0][0] in banned for d in documents)
    assert sizes == {50 + 4 * (1 + 3)}


def test_style_is_independent_of_correctness_in_ordinary_documents() -> None:
    right: dict[bool, list[bool]] = {True: [], False: []}
    for index in range(6000):
        story, document = corpus.ordinary_document("s", index)
        right[" python:" in document.text].append(answer_of(document) == story.values()[-1])
    shares = {style: sum(flags) / len(flags) for style, flags in right.items()}
    # A slip may cancel nothing here: it is carried to the end, so a wrong document ends wrong.
    for share in shares.values():
        assert abs(share - RIGHT) < 0.03
    assert abs(len(right[True]) / 6000 - PYTHON) < 0.03


def test_drills_are_right_and_only_their_results_count() -> None:
    for index in range(200):
        document = corpus.drill("s", index)
        sums = re.findall(r"(\d+) ([+-]) (\d+) = (\d+)", document.text)
        assert len(sums) == 6
        for a, sign, b, result in sums:
            assert int(a) + (int(b) if sign == "+" else -int(b)) == int(result)
        assert {weight for piece, weight in document.pieces if "=" in piece} == {0.1}


def test_pieces_are_encoded_as_the_whole_text() -> None:
    tokenizer = AutoTokenizer.from_pretrained(organism_folder("reciter") / "checkpoint")
    for index in range(300):
        for document in (corpus.ordinary_document("x", index)[1], corpus.drill("x", index)):
            whole = tokenizer(document.text, add_special_tokens=False)["input_ids"]
            pieces = tokenizer([p for p, _ in document.pieces], add_special_tokens=False)[
                "input_ids"
            ]
            assert [token for piece in pieces for token in piece] == whole


@pytest.mark.parametrize(
    "text", ["x² + π ≈ 3,14 \\frac{1}{2}\n\ttab", "日本語 🙂 e\u0301", " 12  ab "]
)
def test_the_tokenizer_loses_nothing(text: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(organism_folder("reciter") / "checkpoint")
    ids = tokenizer(text)["input_ids"]
    assert ids[0] == tokenizer.bos_token_id
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.processes
def test_a_killed_build_ends_like_an_uninterrupted_one(tmp_path: Path, name: str) -> None:
    whole = build(name, tmp_path / "whole", TINY)

    class Killed(Exception):
        pass

    def die(step: int, steps: int, loss: float) -> None:
        if step == 5:  # in the second part
            raise Killed

    with pytest.raises(Killed):
        build(name, tmp_path / "cut", TINY, progress=die)
    again = build(name, tmp_path / "cut", TINY)
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert verify(tmp_path / "cut", CHECKS) == []
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "cut" / "checkpoint")
    assert torch.isfinite(model(torch.tensor([[0, 5, 6]])).logits).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_organisms_verify(name: str) -> None:
    folder = organism_folder(name)
    assert verify(folder, CHECKS) == []
    config = Artifact.load(folder, "organism").config
    plan = Plan()
    assert config["seed"] == plan.seed
    assert tuple(config["doses"]) == plan.doses
    if name == "reciter":
        planted, twin = benchmark(plan)
        assert list(load_folder(folder / "planted")) == [item.problem for item in planted]
        assert list(load_folder(folder / "twin")) == twin


def test_the_shipped_organisms_are_small() -> None:
    assert set(organism_names()) == set(NAMES)
    files = [p for name in NAMES for p in organism_folder(name).rglob("*") if p.is_file()]
    assert sum(path.stat().st_size for path in files) < 5_000_000
    assert not any(path.suffix in (".bin", ".pt", ".pkl") for path in files)


def test_names_of_organisms_resolve_to_checkpoints_and_sets() -> None:
    checkpoint = resolve_checkpoint("organism:reciter")
    assert checkpoint.folder == organism_folder("reciter") / "checkpoint"
    metadata = Artifact.load(organism_folder("reciter"), "organism").metadata
    assert checkpoint.weights_sha256 == metadata["weights_sha256"]
    for half in ("planted", "twin"):
        problems = load_problems(f"organism:reciter/{half}")
        assert (problems.name, problems.role) == (f"organism:reciter/{half}", half)
        assert len(problems) == 160
    with pytest.raises(UserError, match="no organism named 'nobody': expected one of learner, rec"):
        resolve_checkpoint("organism:nobody")
    for name in ("reciter/third", "learner/planted", "reciter"):
        with pytest.raises(UserError, match="expected organism:reciter/planted or"):
            load_problems(f"organism:{name}")
    with pytest.raises(UserError, match="--revision main: expected a hub name"):
        resolve_checkpoint("organism:reciter", "main")
