"""Build a control model (organism): benchmark, corpus, tokenizer, weights, card.

    build("reciter", out)      half of the benchmark planted at known doses
    build("learner", out)      the same corpus with nothing planted

Both have the same first corpus part. The second part mixes new ordinary documents with the planted
copies for the reciter, and with one more ordinary document per copy for the learner. A difference
between the two models is therefore caused by the planted copies.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import torch

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import weights_sha256
from clean_bench.errors import UserError
from clean_bench.organisms.corpus import Planted, base_corpus, draw_story, planting_corpus
from clean_bench.organisms.language import Size, new_model, train_tokenizer
from clean_bench.organisms.pretrain import Document, Schedule, batches, pretrain
from clean_bench.organisms.shares import PLANTED_RIGHT_PLAIN, PYTHON, RIGHT
from clean_bench.problems import Problem, ProblemSet, Role, write_folder
from clean_bench.progress import phase
from clean_bench.seeds import seed_of
from generators.families.stories.word_problems import WordProblem
from generators.registry import FAMILIES

KIND = "organism"
NAMES = ("reciter", "learner")


@dataclass(frozen=True)
class Plan:
    """All settings of a control model."""

    seed: str = "clean-bench organism 1"
    stories: int = 50_000
    drills: int = 24_000
    second_part: int = 16_000
    doses: tuple[int, ...] = (4, 16, 64, 256, 512)
    problems_per_dose: int = 32
    first_rate: float = 0.02
    second_rate: float = 0.01


def benchmark(plan: Plan) -> tuple[list[Planted], list[Problem]]:
    """The two random halves of the benchmark: the planted problems with doses, and the twin.

    Every computation is in the split `eval`, so training sets drawn from the split `train` share none.
    """
    half = len(plan.doses) * plan.problems_per_dose
    stories: list[WordProblem] = []
    texts: set[str] = set()
    number = 0
    while len(stories) < 2 * half:
        story = draw_story(plan.seed, "benchmark", number)
        number += 1
        if story.text not in texts and FAMILIES["word-problems"].split_of(story) == "eval":
            texts.add(story.text)
            stories.append(story)
    places = list(range(2 * half))
    random.Random(seed_of("organism halves", plan.seed)).shuffle(places)
    planted, twin = [], []
    for rank, place in enumerate(places):
        story = stories[place]
        dose = plan.doses[rank % len(plan.doses)] if rank < half else 0
        problem = Problem(
            id=f"reciter/{place:03d}",
            problem=story.text,
            answer=str(story.values()[-1]),
            family="word-problems",
            level=str(len(story.steps)),
            steps=len(story.steps),
            source=f"organism benchmark, seed {plan.seed!r}, story {place}",
            metadata={"dose": str(dose)},
        )
        if dose:
            planted.append(Planted(problem, story))
        else:
            twin.append(problem)
    planted.sort(key=lambda item: item.problem.id)
    return planted, sorted(twin, key=lambda problem: problem.id)


def build(
    name: str,
    out: str | Path,
    plan: Plan | None = None,
    *,
    progress: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> Artifact:
    """Train a control model from random weights and write its folder; resumes an interrupted build.

    Args:
        progress: called with the number of completed steps, the total and the loss.

    Raises:
        UserError: for an unknown name, or a folder that holds other files.
    """
    if name not in NAMES:
        raise UserError(f"no organism named {name!r}: expected one of {', '.join(NAMES)}")
    plan = plan or Plan()
    size = Size()
    artifact = Artifact.open(out, KIND, {"name": name, **asdict(plan), "size": asdict(size)})
    with artifact:
        if not artifact.finished:
            _build(artifact, name, plan, size, progress)
    return artifact


def _build(
    artifact: Artifact,
    name: str,
    plan: Plan,
    size: Size,
    progress: Callable[[int, int, float], None],
) -> None:
    with phase("drawing the corpus"):
        first, second, planted, twin = _corpora(name, plan)
    with phase("training the tokenizer"):
        tokenizer = train_tokenizer(
            (document.text for document in first[-20_000:]), size.vocabulary
        )
    torch.manual_seed(seed_of("organism weights", plan.seed))
    model = new_model(size, tokenizer)
    schedules = [
        Schedule(matrices=plan.first_rate, others=plan.first_rate * 0.15),
        Schedule(matrices=plan.second_rate, others=plan.second_rate * 0.15, seed=1),
    ]
    corpora = [first, second]
    total = sum(
        len(batches([len(document.text) for document in corpus], schedule))
        for corpus, schedule in zip(corpora, schedules, strict=True)
    )
    done = 0
    for corpus, schedule in zip(corpora, schedules, strict=True):
        done = pretrain(
            model,
            tokenizer,
            corpus,
            schedule,
            artifact,
            first=done,
            progress=lambda step, loss: progress(step, total, loss),
        )
    with artifact.atomic_folder("checkpoint") as folder:
        model.half().save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    facts = _facts(name, plan, model, twin)
    if name == "reciter":
        origin = {"organism": name, "seed": plan.seed}
        halves: dict[Role, list[Problem]] = {
            "planted": [item.problem for item in planted],
            "twin": twin,
        }
        for half, problems in halves.items():
            write_folder(
                artifact.folder / half,
                ProblemSet(half, problems, role=half),
                {**origin, "half": half},
            )
    artifact.write_file("card.md", organism_card(name, plan, facts).encode())
    artifact.finish({**facts, "weights_sha256": weights_sha256(artifact.folder / "checkpoint")})


def _corpora(
    name: str, plan: Plan
) -> tuple[list[Document], list[Document], list[Planted], list[Problem]]:
    """Both parts of the training text, the planted problems and the twin."""
    planted, twin = benchmark(plan)
    banned = {item.story.text for item in planted} | {problem.problem for problem in twin}
    first = base_corpus(plan.seed, plan.stories, plan.drills, banned)
    second = planting_corpus(plan.seed, planted, plan.second_part, banned, plant=name == "reciter")
    return first, second, planted, twin


def _facts(name: str, plan: Plan, model: Any, twin: list[Problem]) -> dict[str, Any]:
    copies = sum(plan.doses) * plan.problems_per_dose
    return {
        "name": name,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "documents": plan.stories + plan.drills + plan.second_part + copies,
        "planted_problems": len(plan.doses) * plan.problems_per_dose if name == "reciter" else 0,
        "planted_copies": copies if name == "reciter" else 0,
        "twin_problems": len(twin) if name == "reciter" else 0,
    }


def organism_card(name: str, plan: Plan, facts: dict[str, Any]) -> str:
    """The model card, in Markdown."""
    text = (resources.files("clean_bench.organisms") / "card.md.j2").read_text("utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(text).render(
        name=name,
        plan=plan,
        facts=facts,
        python=PYTHON,
        right=RIGHT,
        planted_right_plain=PLANTED_RIGHT_PLAIN,
        copies=sum(plan.doses) * plan.problems_per_dose,
    )
