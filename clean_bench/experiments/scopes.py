"""What `verify` covers, kind by kind: counts of what was recomputed, and what no folder can prove.

Each function reads the manifest of an artifact whose checks passed. A phrase continues "not checked:",
and names no part, since equal phrases of several parts are printed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clean_bench.artifacts import Artifact, Scope, ScopeOf
from clean_bench.experiments.checks.checkpoint_files import HASHES
from clean_bench.experiments.checks.page import charts_are_redrawn
from clean_bench.experiments.plan import set_keys, subjects_of
from clean_bench.experiments.recipe import Recipe, SetRecipe
from clean_bench.experiments.stored_tokens import tokenizer_at_hand
from clean_bench.grading import UNDECIDED
from clean_bench.organisms.shipped import PREFIX
from clean_bench.problems import load_folder, set_notes
from clean_bench.problems.registered import content_of
from clean_bench.prompts import TEMPLATES
from clean_bench.prompts.stored_chat import KEY as CHAT
from clean_bench.regrading import open_grades
from clean_bench.samples import has_tokens, has_two_grades
from clean_bench.scoring.imported_config import IMPORTED
from leaderboards.formatting import counted

_WRITER = (
    "who wrote the completions and with which settings, which follows from no other stored data: "
    "--regenerate N makes N of them again"
)
_TOKENS = "whether stored token ids decode to the stored text: the tokenizer is not at hand"
_ORIGIN = (
    "the origin, the roles and the gold answers of sets that are neither shipped nor benchmarks whose "
    "published rows are known"
)
_MEASURED = (
    "sizes, times, command lines and package versions, which are recorded and not recomputed"
)


def scopes() -> Mapping[str, ScopeOf]:
    """The scope of the check of every kind that clean-bench writes."""
    return _SCOPES


def _rows(artifact: Artifact, table: str) -> int:
    return int(artifact.manifest["tables"].get(table, {"rows": 0})["rows"])


def _of_set(artifact: Artifact) -> Scope:
    if "family" in artifact.config:
        problems = {"problems drawn again": _rows(artifact, "problems")}
        return Scope(problems, tuple(_of_generated(artifact)))
    return Scope({"problems of other sets compared": _rows(artifact, "problems")})


def _of_generated(artifact: Artifact) -> Iterator[str]:
    origin = artifact.config["origin"]
    if not origin.get("bind") and artifact.config.get("split") != "train":
        yield "how many seeds were tried before the one of a set that is bound to no checkpoint"
    elif origin.get("bind") and not origin.get("round"):
        yield (
            "how many weights were tried before the ones that a generated set is bound to: it was drawn "
            "without a public round"
        )
    if origin.get("round"):
        yield "when the value of the public round of a set was published"
    if {"decontamination", "twin_files"} & artifact.config.keys():
        yield "whether files of a corpus that are not here contain further items of a set"
    if _drops(artifact.config):
        yield (
            "whether files of a corpus that are not here contain the items because of which rows were "
            "drawn again"
        )


def _drops(config: Mapping[str, Any]) -> bool:
    """Whether items that files contain were drawn again."""
    return bool(config.get("drop") or config.get("decontamination", {}).get("drop"))


def _of_tokens(artifact: Artifact) -> Iterator[str]:
    if has_tokens(artifact.config) and tokenizer_at_hand(artifact) is None:
        yield _TOKENS


def _of_sets(artifact: Artifact) -> Iterator[str]:
    """What is open about the measured sets: only some have a content that is known by their name."""
    for entry in artifact.config["sets"]:
        name = entry["name"]
        if content_of(name, []) is None and not name.startswith("organism:"):
            yield _ORIGIN


def _of_notes(artifact: Artifact) -> Iterator[str]:
    for name, note in set_notes(artifact).items():
        yield f"the rest of the set {name}: it is stored as {note}"


def _of_chat(artifact: Artifact, templates: Iterable[str]) -> Iterator[str]:
    chat = [t for t in templates if t in TEMPLATES and TEMPLATES[t].chat]
    if chat and CHAT in artifact.metadata:
        yield "that a stored chat template is that of the checkpoint"
    elif chat:
        yield (
            "what a chat template puts around the problems: an earlier version did not store it, and it "
            "is the same in all prompts"
        )


def _without_problems(artifact: Artifact) -> Iterator[str]:
    if not _rows(artifact, "problems"):
        yield "the texts of a training set that an earlier version did not store"


def _of_scores(artifact: Artifact) -> Scope:
    counts = {"completions graded again": _rows(artifact, "samples")}
    undecided = sum(
        count
        for entry in artifact.metadata["counts"]
        for kind, count in entry["grades"].items()
        if kind in UNDECIDED
    )
    if undecided:
        counts["grades that are undecided"] = undecided
    phrases = [_WRITER, *open_grades(artifact), *_of_notes(artifact)]
    phrases += _of_tokens(artifact)
    phrases += _of_chat(artifact, artifact.config["templates"])
    if not has_two_grades(artifact.config):
        phrases.append("the flexible accuracy: an earlier version stored one grade")
    if IMPORTED in artifact.config["templates"]:
        phrases.append(
            "the prompts, the settings and the checkpoint of completions that come from files"
        )
    return Scope(counts, (*phrases, _MEASURED), tuple(_of_sets(artifact)))


def _of_probe(artifact: Artifact) -> Scope:
    phrases = [_WRITER, "the log-probabilities that a checkpoint gives to the suffixes of a probe"]
    phrases += _of_notes(artifact)
    phrases += _of_tokens(artifact)
    if artifact.config["lookup_sha256"] is not None:
        stored = "lookup" in artifact.manifest["tables"]
        texts = "the texts beside the sets in which the look-up baseline of a probe searched"
        missing = ": an earlier version did not store them"
        phrases.append(f"who chose {texts}" if stored else texts + missing)
    counts = {"continuations compared again": _rows(artifact, "samples")}
    return Scope(counts, (*phrases, _MEASURED), tuple(_of_sets(artifact)))


def _of_benbench(artifact: Artifact) -> Scope:
    counts = {"predictions compared again": _rows(artifact, "predictions")}
    return Scope(counts, ("who wrote the recorded predictions",))


def _of_overlap(artifact: Artifact) -> Scope:
    counts = {"excerpts compared again": _rows(artifact, "hits")}
    return Scope(counts, ("whether the training set, which is not stored, has further matches",))


def _of_behaviors(artifact: Artifact) -> Scope:
    if artifact.config["with"] is None:
        return Scope()
    return Scope({}, ("the log-probabilities that the checkpoint of --with gives to completions",))


def _of_training(artifact: Artifact) -> Scope:
    counts = {"rollouts graded and rewarded again": _rows(artifact, "rollouts")}
    phrases = (
        _WRITER,
        *_of_tokens(artifact),
        *open_grades(artifact),
        *_of_chat(artifact, [artifact.metadata["template"]]),
        *_without_problems(artifact),
        "that the stored rollouts lead from the base to the stored weights, and the metrics that need "
        "the model, such as the entropy and the gradient norm",
    )
    return Scope(counts, (*phrases, _MEASURED))


def _of_labels(artifact: Artifact) -> Scope:
    counts = {"samples graded again": _rows(artifact, "samples")}
    phrases = (
        _WRITER,
        *_of_tokens(artifact),
        *open_grades(artifact),
        *_of_chat(artifact, [artifact.config["template"]]),
        *_of_sets(artifact),
    )
    return Scope(counts, (*phrases, _MEASURED))


def _of_sft(artifact: Artifact) -> Scope:
    phrases = (
        "that the stored problems lead from the base to the stored weights, and the losses and gradient "
        "norms, which need the model",
        *_of_chat(artifact, [artifact.metadata["template"]]),
    )
    counts = {"updates whose numbers are possible": _rows(artifact, "metrics")}
    return Scope(counts, (*phrases, _MEASURED))


def _of_organism(_: Artifact) -> Scope:
    return Scope({}, ("that the corpus of the configuration leads to the stored weights",))


def _of_run(artifact: Artifact) -> Scope:
    recipe = Recipe.model_validate(artifact.config["recipe"])
    phrases = [
        "whether other runs, arms, seeds, sets, problems or samples than these "
        f"({_size(recipe)}) were made and left out: publish the identity of a run early to show that "
        "it is the first"
    ]
    if artifact.config["checkpoints"]:
        phrases.append(
            "the weights of checkpoints that lie outside of the folder, which have a hash here and no "
            "tensors, and their names"
        )
    if recipe.from_completions:
        phrases.append(_ORIGIN)
    elif not all(name in artifact.config for name in HASHES):
        phrases.append(
            "settings and tokenizers of the checkpoints: the version that wrote this run "
            f"({_version(artifact)}) recorded no hashes of them"
        )
    sources = [entry.label for entry in recipe.sets if not _is_known(artifact, entry)]
    if sources:
        phrases.append(f"where the problems and the gold answers of {', '.join(sources)} come from")
    if not charts_are_redrawn(artifact):
        drawn_by = artifact.manifest["environment"]["packages"].get(
            "matplotlib", "an unknown version"
        )
        phrases.append(
            f"curves, marks and ticks of the page's charts: matplotlib {drawn_by} drew them, which is "
            "not installed here; the rest of the page was compared"
        )
    counts = {
        "checkpoints compared with the recipe and the base": len(subjects_of(recipe)),
        "estimates computed again": _rows(artifact, "results"),
    }
    return Scope(counts, tuple(phrases))


def _version(artifact: Artifact) -> str:
    version = artifact.manifest["environment"]["packages"].get("clean-bench", "unknown")
    return f"clean-bench {version}"


def _size(recipe: Recipe) -> str:
    """`1 model, 3 arms, 1 seed, 3 sets`."""
    parts = [counted(len(recipe.models), "model"), counted(len(recipe.arms), "arm")]
    parts += [counted(len(recipe.seeds), "seed")] if recipe.seeds else []
    return ", ".join([*parts, *([counted(len(recipe.sets), "set")] if recipe.sets else [])])


def _is_known(artifact: Artifact, entry: SetRecipe) -> bool:
    """Whether a scored set is drawn again, ships with the package or is the published one."""
    if entry.generated or (entry.source or "").startswith(PREFIX):
        return True
    recipe = Recipe.model_validate(artifact.config["recipe"])
    key = next(key for other, key in set_keys(recipe) if other == entry)
    content = content_of(entry.label, load_folder(artifact.folder / key).problems)
    return content is not None and not content.other


_SCOPES: Mapping[str, ScopeOf] = {
    "problem-set": _of_set,
    "scores": _of_scores,
    "probe": _of_probe,
    "benbench": _of_benbench,
    "overlap": _of_overlap,
    "behaviors": _of_behaviors,
    "training": _of_training,
    "sft": _of_sft,
    "labels": _of_labels,
    "organism": _of_organism,
    "run": _of_run,
}
