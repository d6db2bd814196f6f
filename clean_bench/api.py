"""The Python API for notebooks; `import clean_bench as cb` exports it lazily.

    problems = cb.generate("random-calculation", steps="5", count=100, bind=["organism:reciter"])
    results = cb.score("organism:reciter", problems, samples=8)
    results.to_pandas()

Every function that measures returns `Results`, a tidy table of estimates (`compare` adds conclusions and
a page). With `out` the whole
artifact is kept in that folder, as the command of the same name writes it; a second call with the
same settings resumes it. Without `out` a temporary folder is used and removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

import clean_bench.organisms  # noqa: F401 - registers organism:NAME
from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint
from clean_bench.errors import UserError
from clean_bench.extras import require
from clean_bench.probing.run import FRACTIONS
from clean_bench.problems import ProblemSet, load_folder, load_problems
from clean_bench.results import Results
from clean_bench.settings import explain
from clean_bench.sibling_packages import SIBLINGS, check_siblings

if TYPE_CHECKING:
    from clean_bench.engines.base import Engine
    from clean_bench.engines.open import EngineConfig
    from clean_bench.experiments.comparison import Comparison

Config = TypeVar("Config", bound=BaseModel)
Problems = ProblemSet | str
"""A problem set, or whatever `--on` takes."""


@dataclass(frozen=True)
class OpenCheckpoint:
    """A checkpoint and the engine that runs it. Close it, or use it in a `with` statement."""

    checkpoint: Checkpoint
    engine: Engine

    def close(self) -> None:
        """Free the memory of the engine."""
        self.engine.close()

    def __enter__(self) -> OpenCheckpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_checkpoint(name: str, *, revision: str | None = None, **engine: Any) -> OpenCheckpoint:
    """Load a checkpoint once, for several measurements.

    Args:
        name: a folder, a hub name or `organism:NAME`.
        revision: branch, tag or commit of a hub name.
        engine: fields of `clean_bench.engines.open.EngineConfig`, such as `dtype="bfloat16"`.

    Raises:
        UserError: if there is no such checkpoint or it cannot be loaded.
    """
    from clean_bench.engines.open import EngineConfig, open_engine, resolve_model

    config = _config(EngineConfig, engine, "open_checkpoint")
    checkpoint = resolve_model(name, config, revision)
    return OpenCheckpoint(checkpoint, open_engine(checkpoint, config))


def generate(
    family: str,
    *,
    steps: str | None = None,
    count: int | None = None,
    seed: str | None = None,
    bind: Sequence[str] = (),
    split: str = "all",
    decontaminate: str | Path | Sequence[str | Path] = (),
    drop: bool = False,
    profile: str | None = None,
    groups: int | None = None,
    subject: str | None = None,
    level: int | None = None,
    template: str | None = None,
    out: str | Path | None = None,
) -> ProblemSet:
    """Draw a fresh problem set, or with the family `competition` one that is matched to MATH-500.

    Args:
        family: `clean-bench list families` shows them.
        steps: the tier or a range of tiers, such as `"5-10"`, by default `"5"`; not of `competition`.
        count: the number of problems, by default 100; not of `competition`.
        seed: text that the set is derived from; or
        bind: checkpoints whose weights it is derived from, so that it cannot be older than they are.
        split: `train`, `eval` or `all`.
        decontaminate: files, or problem-set folders, that are searched for the items. With
            `competition` they hold problems with answers, and are searched for twins: problems with
            the same numbers and the same answer.
        drop: draw every item that a file contains again; with `competition`, every group with a twin.
        profile: of `competition`, as all that follow: the benchmark to which the set is matched, by
            default `"math500"`.
        groups: the number of groups of five variants, by default 258.
        subject, level, template: one subject such as `"Algebra"`, one level from 1 to 5, one template.

    Raises:
        UserError: for an unknown family, profile, subject, level or template, or three of them that
            no template has; for an argument of the other kind of family; a tier that the family does
            not have; both or neither of seed and bind; `drop` without files; or a file that does not
            exist or cannot be searched.
    """
    check_siblings("generators")
    from generators.competition.plan import FAMILY, matched_plan
    from generators.competition.twins import TwinFiles
    from generators.competition.write import generate_matched
    from generators.decontaminate import CorpusFiles
    from generators.option_names import check_options
    from generators.registry import family as family_named
    from generators.set_plan import bound_origin, master_seed, parse_steps
    from generators.write import generate as generate_tiers

    of_kind = {
        "steps": steps,
        "count": count,
        "profile": profile,
        "groups": groups,
        "subject": subject,
        "level": level,
        "template": template,
    }
    given = [name for name, value in of_kind.items() if value is not None]
    check_options(family, given, list(signature(generate).parameters)[1:])
    if (seed is None) == (not bind):
        raise UserError("generate: expected either seed or bind, got both or neither")
    files = [str(decontaminate)] if isinstance(decontaminate, str | Path) else decontaminate
    names = [str(name) for name in files]
    if drop and not names:
        raise UserError("drop: expected decontaminate beside it")
    origin = (
        bound_origin([resolve_checkpoint(name) for name in bind])
        if seed is None
        else {"seed": seed}
    )
    master = master_seed(seed=seed, bind=origin.get("bind", ()))
    set_name = Path(out).name if out else family
    if family == FAMILY:
        plan = matched_plan(
            master,
            profile=profile,
            groups=groups,
            subject=subject,
            level=level,
            template=template,
            split=split,  # type: ignore[arg-type]
        )
        twin_files = TwinFiles(names, drop) if names else None
        with _folder(out) as folder:
            generate_matched(plan, origin=origin, out=folder, files=twin_files)
            return load_folder(folder, set_name)
    definition = family_named(family)
    tiers = parse_steps("5" if steps is None else steps, definition.tiers, "steps")
    corpus = CorpusFiles(names, definition, drop) if names else None
    with _folder(out) as folder:
        generate_tiers(
            family,
            tiers,
            100 if count is None else count,
            master=master,
            origin=origin,
            out=folder,
            split=split,
            corpus=corpus,
        )
        return load_folder(folder, set_name)


def score(
    checkpoint: str | OpenCheckpoint,
    problems: Problems | Sequence[Problems],
    *,
    out: str | Path | None = None,
    **settings: Any,
) -> Results:
    """Score a checkpoint on problem sets (raises as `clean_bench.scoring.run.score`).

    `settings` are fields of `clean_bench.scoring.config.ScoreConfig`, such as `samples=16`.
    """
    from clean_bench.scoring.config import ScoreConfig
    from clean_bench.scoring.run import score as write_scores

    config = _config(ScoreConfig, settings, "score")
    return _measure(checkpoint, problems, out, partial(write_scores, config=config))


def probe(
    checkpoint: str | OpenCheckpoint,
    problems: Problems | Sequence[Problems],
    *,
    prefixes: Sequence[float] = FRACTIONS,
    signals: str | Sequence[str] = ("default",),
    cut: str = "clean",
    null: Problems | Sequence[Problems] = (),
    variants: Problems | Sequence[Problems] = (),
    paraphrases: Problems | Sequence[Problems] = (),
    positive_control: bool = False,
    out: str | Path | None = None,
) -> Results:
    """Measure how much of problem sets a checkpoint has memorized.

    Args:
        prefixes: fractions of each problem that are shown.
        signals: names of tests (`clean-bench list signals`).
        cut: how problems are cut: clean, paper or paradox.
        null: sets that the checkpoint has not seen, against which problems are flagged.
        variants, paraphrases: renumbered and reworded versions of the problems.
        positive_control: whether the famous passages are probed too, as by the command.

    Raises as `clean_bench.probing.run.probe`.
    """
    from clean_bench.experiments.probe_page import page_writer
    from clean_bench.probing.run import no_page
    from clean_bench.probing.run import probe as write_probe
    from clean_bench.problems.famous_passages import NAME, famous_passages
    from clean_bench.problems.null_sets import check_null_sets

    nulls, sets = _sets(null, empty=True), _sets(problems, empty=True)
    check_null_sets(sets, nulls)
    known = {of_set.name for of_set in sets}
    sets += [of_set for of_set in nulls if of_set.name not in known]
    control = NAME if positive_control and NAME not in known else None
    if control:
        sets.append(famous_passages())
    write = partial(
        write_probe,
        fractions=prefixes,
        tests=[signals] if isinstance(signals, str) else signals,
        protocol=cut,
        nulls=[problems.name for problems in nulls],
        variants=_sets(variants),
        paraphrases=_sets(paraphrases),
        control=control,
        page=no_page if out is None else page_writer(),
    )
    return _measure(checkpoint, sets, out, write)


def compare(
    base: str | None = None,
    trained: str | Sequence[str] = (),
    *,
    on: str | Sequence[str] = (),
    fresh: str | Sequence[str] = (),
    completions: Sequence[str] = (),
    out: str | Path | None = None,
    **settings: Any,
) -> Comparison:
    """Measure what the gain of trained checkpoints over their base is made of.

    Args:
        base, trained: checkpoints; or
        completions: files of completions of the base and of each trained checkpoint, without a model.
        on: problem sets, whatever `--on` takes.
        fresh: sets to draw, each `FAMILY:STEPS:COUNT`.
        settings: `budget`, `limit`, `revision`, `engine` (an `EngineConfig`) and fields of
            `ScoreConfig`; with `completions`, `grader` alone. See
            `clean_bench.experiments.compare.compare`.

    Raises:
        UserError: for whatever is named and does not exist, before anything is computed.
    """
    check_siblings(*SIBLINGS)
    from clean_bench.experiments import compare as comparing
    from clean_bench.experiments.comparison import Comparison

    with _folder(out) as folder:
        if completions:
            if base is not None or trained or on or fresh:
                raise UserError("compare: expected checkpoints or completions, got both")
            write = partial(comparing.compare_completions, list(completions))
        elif base is None:
            raise UserError("compare: expected a base and trained checkpoints, or completions")
        else:
            write = partial(
                comparing.compare, base, _listed(trained), _listed(on), fresh=_listed(fresh)
            )
        return Comparison.read(write(out=folder, **settings), kept=out is not None)


def train(
    checkpoint: str,
    problems: Problems,
    *,
    reward: str,
    steps: int,
    out: str | Path,
    evaluate: Problems | Sequence[Problems] = (),
    track: Sequence[str] = (),
    labels: str | None = None,
    engine: EngineConfig | None = None,
    **settings: Any,
) -> Results:
    """Train a checkpoint with GRPO; the trained one is `OUT/checkpoint`.

    Args:
        labels: for the rewards `majority` and `incorrect`: a folder of `clean-bench label`, or a file
            with a label per problem.
        engine: how rollouts are sampled, such as `EngineConfig(dtype="bfloat16")`.
        evaluate: sets to evaluate on, every `evaluate_every` steps.
        track: trackers, such as `["tensorboard:runs"]`.

    `settings` are fields of `trainers.config.TrainConfig`, such as `learning_rate=1e-5`. Raises as
    `trainers.train.train`.
    """
    require("torch", "transformers", needed_by="train")
    check_siblings("trainers")
    from trainers.config import make_config
    from trainers.labels import load_labels
    from trainers.train import train as write_training

    config = make_config({"reward": reward, "steps": steps, **settings}, "train")
    data = _sets(problems)[0]
    return Results.read(
        write_training(
            resolve_checkpoint(checkpoint),
            data,
            config,
            out,
            labels=None if labels is None else load_labels(labels, data.problems),
            engine=engine,
            evaluate=_sets(evaluate),
            track=track,
        )
    )


def _config(model: type[Config], settings: Mapping[str, Any], function: str) -> Config:
    """Settings as a configuration; `UserError` names the function and the wrong key."""
    try:
        return model(**settings)
    except ValidationError as error:
        raise UserError(f"{function}: {explain(error, model)}") from None


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _sets(problems: Problems | Sequence[Problems], *, empty: bool = False) -> list[ProblemSet]:
    """The sets; with `empty` the text of a problem may be blank."""
    several = [problems] if isinstance(problems, str | ProblemSet) else problems
    return [
        load_problems(entry, empty=empty) if isinstance(entry, str) else entry for entry in several
    ]


def _measure(
    checkpoint: str | OpenCheckpoint,
    problems: Problems | Sequence[Problems],
    out: str | Path | None,
    write: Callable[..., Artifact],
) -> Results:
    if isinstance(checkpoint, str):
        with open_checkpoint(checkpoint) as model:
            return _measure(model, problems, out, write)
    with _folder(out) as folder:
        sets = _sets(problems)
        artifact = write(checkpoint.engine, sets, folder, checkpoint=checkpoint.checkpoint)
        return Results.read(artifact)


@contextmanager
def _folder(out: str | Path | None) -> Iterator[Path]:
    if out is not None:
        yield Path(out)
        return
    with TemporaryDirectory(prefix="clean-bench-") as folder:
        yield Path(folder)
