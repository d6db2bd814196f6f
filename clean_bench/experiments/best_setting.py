"""The best setting of a base checkpoint that needs no training: template x temperature x majority vote.

A gain of training is compared with it: what another prompt, greedy decoding or a vote of the base's
samples reaches was not learned. The best of many settings is above the others by chance too. So the
setting is chosen on one half of the problems and measured on the other, both ways, and every problem
counts once, under the setting that was chosen without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.experiments.evidence import Evidence
from clean_bench.experiments.plan import Subject, temperature_key
from clean_bench.samples import GREEDY, SAMPLE, TABLE, counted_answer
from clean_bench.scoring.majority_vote import vote
from clean_bench.scoring.summary import score_table
from clean_bench.seeds import digest
from clean_bench.statistics.pass_at_k import LARGEST_VOTE, powers_of_two

Array = npt.NDArray[np.float64]
METHOD = "setting chosen on one half of the problems, measured on the other"
_COLUMNS = ("set", "problem_id", "template", "mode", "grade", "extracted")


class Setting(NamedTuple):
    """A way to get an answer from a checkpoint.

    `temperature` is 0 for greedy decoding, None where it is not known. `votes` 1 is no vote.
    """

    template: str
    temperature: float | None
    votes: int = 1

    @property
    def label(self) -> str:
        decoding = f"temperature {self.temperature:g}" if self.temperature else "greedy"
        if self.temperature is None:
            decoding = "sampled"
        vote_of = f", maj@{self.votes}" if self.votes > 1 else ""
        return f"{self.template}, {decoding}{vote_of}"


@dataclass(frozen=True)
class BestSetting:
    """The settings that the two halves chose, and the score of each problem under the other half's.

    `problems` are the places of the problems among those that take part.
    """

    chosen: tuple[Setting, Setting]
    scores: Array
    problems: npt.NDArray[np.intp]

    @property
    def label(self) -> str:
        """The chosen setting, or both."""
        return "; ".join(dict.fromkeys(setting.label for setting in self.chosen))


def best_setting(evidence: Evidence, name: str) -> BestSetting | None:
    """The best training-free setting of the base on a set.

    Only problems that are decided under every setting take part. None where there are fewer than two of
    them, or only the setting of the headline.
    """
    kept = evidence.kept[name]
    settings = {setting: scores[kept] for setting, scores in settings_of(evidence, name).items()}
    if len(settings) < 2:
        return None
    decided = ~np.any([np.isnan(scores) for scores in settings.values()], axis=0)
    places = np.flatnonzero(decided)
    if len(places) < 2:
        return None
    ids = [evidence.base.problems[name][place][0] for place in np.flatnonzero(kept)[places]]
    chosen, scores = cross_fit(
        {setting: of_setting[places] for setting, of_setting in settings.items()}, halves(ids)
    )
    return BestSetting(chosen, scores, places)


def halves(problem_ids: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which problems are in the first half: decided by their ids, sizes differ by one at most."""
    order = sorted(range(len(problem_ids)), key=lambda i: digest("training-free", problem_ids[i]))
    first = np.zeros(len(order), dtype=np.bool_)
    first[order[::2]] = True
    return first


def cross_fit(
    settings: Mapping[Setting, Array], first: npt.NDArray[np.bool_]
) -> tuple[tuple[Setting, Setting], Array]:
    """The best setting on each half, and each problem's score under the one chosen on the other half.

    Args:
        settings: per setting the mean score of each problem; of equal means the first is chosen.
        first: the problems of the first half; neither half is empty.
    """
    best = [
        max(settings, key=lambda s: float(settings[s][half].mean())) for half in (first, ~first)
    ]
    return (best[0], best[1]), np.where(first, settings[best[1]], settings[best[0]])


def settings_of(evidence: Evidence, name: str) -> dict[Setting, Array]:
    """The mean score of every problem of a set under every setting; the headline's setting first.

    NaN where the grader was undecided on a completion.
    """
    settings: dict[Setting, Array] = {}
    ids = [problem_id for problem_id, _ in evidence.base.problems[name]]
    model, recipe = evidence.model, evidence.recipe
    samples = evidence.samples
    settings |= _of_scores(evidence.folder / Subject(model).key("scores"), name, ids, samples)
    for temperature in recipe.further_temperatures():
        folder = evidence.folder / temperature_key(model, temperature)
        further = _of_scores(folder, name, ids, samples)
        # Greedy decoding is the same at every temperature.
        settings |= {setting: further[setting] for setting in further if setting.temperature}
    return settings


def _of_scores(folder: Path, name: str, ids: Sequence[str], samples: int) -> dict[Setting, Array]:
    """The settings of one artifact of kind `scores`, from as many samples; the vote in powers of two."""
    artifact = Artifact.load(folder, "scores")
    table = pa.concat_tables(artifact.tables(TABLE, _COLUMNS))
    rows = [row for row in table.to_pylist() if row["set"] == name]
    settings: dict[Setting, Array] = {}
    for template in artifact.config["templates"]:
        of_template = [row for row in rows if row["template"] == template]
        for mode, temperature in ((SAMPLE, artifact.config["temperature"]), (GREEDY, 0.0)):
            of_mode = [row for row in of_template if row["mode"] == mode]
            if not of_mode:
                continue
            stored = list(dict.fromkeys(row["problem_id"] for row in of_mode))
            rows_of = {problem: place for place, problem in enumerate(stored)}
            order = [rows_of[problem] for problem in ids]
            scores = score_table(
                [row["problem_id"] for row in of_mode], [row["grade"] for row in of_mode]
            )[order]
            if mode == SAMPLE and samples:
                scores = scores[:, :samples]
            settings[Setting(template, temperature)] = scores.mean(axis=1)
            if mode == SAMPLE:
                for k, voted in _votes(of_mode, ids, scores).items():
                    settings[Setting(template, temperature, k)] = voted
    return settings


def _votes(
    rows: Sequence[dict[str, str | None]], ids: Sequence[str], scores: Array
) -> dict[int, Array]:
    """Per k the probability that the vote of k samples is right, NaN for an undecided problem."""
    answers: dict[str | None, list[str | None]] = {}
    equal: dict[str | None, list[bool]] = {}
    for row in rows:
        answer = counted_answer(row["grade"], row["extracted"])
        answers.setdefault(row["problem_id"], []).append(answer)
        equal.setdefault(row["problem_id"], []).append(row["grade"] == "equal")
    samples = scores.shape[1]
    ks = [k for k in powers_of_two(samples)[1:] if k == samples or samples <= LARGEST_VOTE]
    if not ks:
        return {}
    voted = np.array(
        [vote(answers[key][:samples], equal[key][:samples], ks) for key in ids], dtype=np.float64
    )
    voted[np.isnan(scores).any(axis=1)] = np.nan
    return {k: voted[:, column] for column, k in enumerate(ks)}
