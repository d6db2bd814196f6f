"""Probe two published checkpoints: SmolLM2-135M-Instruct and the base model Gemma 3 270M.

    make real-models [OUT=runs/real-models] [MATH500=FILE] [GSM8K=FILE] [GSM8K_PARAPHRASE=FILE]
        [MATH_TRAIN=FILE] [CHECKPOINTS=FOLDER]
    python measurements/real_models.py OUT [--math500 FILE] [--gsm8k FILE] [--gsm8k-paraphrase FILE]
        [--math-train FILE] [--checkpoints FOLDER] [--models smollm2,gemma] [--limit N]

The checkpoints are made from packages of the Python index (`checkpoint_packages.py`), in
OUT/checkpoints or the folder of --checkpoints. MATH-500 and GSM8K come from the hub unless files are
named. --math-train names a sample of MATH's training split: it is the null of MATH-500 and part of its
look-up; without it the fresh set takes its place. --gsm8k-paraphrase names rows with `question` and
`rewritten_question`. The parts are listed in `real_models_parts.py`; each is a probe with a page in
OUT/MODEL/PART.

Prints the speeds of each checkpoint on this machine and the time that its parts will take. Interrupted,
the same command resumes: at most 128 rows of a part are repeated. Writes OUT/real_models.md from the
stored probes, and measurements/results/real_models.md if nothing was left out by --models or --limit.
Exits with status 1 if all of it together took longer than 60 minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from checkpoint_packages import MODELS, obtain, report
from real_models_clock import Clock
from real_models_parts import FRESH_NAME, PREFIX, Files, Part, fresh_set, plan
from real_models_rates import BATCH, measure_rates, work_of
from real_models_report import MOST_MINUTES, result_file, total_minutes

from clean_bench.artifacts import Artifact
from clean_bench.artifacts.manifest import canonical_json
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.cli.common import progress_bar, set_output
from clean_bench.engines.open import EngineConfig, open_engine
from clean_bench.errors import UserError
from clean_bench.experiments.probe_page import page_writer
from clean_bench.probing.items import count_rows
from clean_bench.probing.run import probe
from clean_bench.probing.tests import tests_of
from clean_bench.problems import describe_sets

RESULT = Path(__file__).parent / "results" / "real_models.md"
ENGINE = EngineConfig(engine="transformers", dtype="float32")


def probe_model(name: str, folder: Path, parts: Sequence[Part], out: Path, clock: Clock) -> None:
    """Probe a checkpoint on parts, one after the other."""
    checkpoint = replace(resolve_checkpoint(str(folder)), name=folder.name)
    with clock.timed(f"{name}: loading, measuring the speed"):
        engine = open_engine(checkpoint, ENGINE)
        clock.describe_machine()
        rates = measure_rates(engine)
    with closing(engine):
        expected = [work_of(engine, part).seconds(rates) for part in parts]
        report(
            f"{name}: reads {rates.read:.0f} tokens/s, decodes {rates.decoded:.0f} tokens/s in "
            f"{BATCH} rows and {1 / rates.step:.0f} in one; expected: "
            + ", ".join(
                f"{part.name} {seconds / 60:.1f} min"
                for part, seconds in zip(parts, expected, strict=True)
            )
            + f", together {sum(expected) / 60:.1f} min"
        )
        for part, seconds in zip(parts, expected, strict=True):
            title = f"{name}: {part.name}"
            with (
                clock.timed(title) as save,
                progress_bar(title, count_rows(part.sets, [PREFIX])) as bar,
            ):

                def advance(n: int, *, tokens: int = 0, resumed: bool = False) -> None:
                    bar.advance(n, tokens=tokens, resumed=resumed)
                    save()

                probe(
                    engine,
                    part.sets,
                    out / name / part.name,
                    checkpoint=checkpoint,
                    fractions=[PREFIX],
                    texts=part.texts,
                    paraphrases=part.paraphrases,
                    tests=part.tests,
                    nulls=part.nulls,
                    control=part.control,
                    batch=BATCH,
                    page=page_writer(),
                    progress=advance,
                )
            report(f"{title}: {clock.seconds[title]:.0f} s, expected {seconds:.0f} s")


def is_done(folder: Path, part: Part) -> bool:
    """Whether a part is finished.

    Raises:
        UserError: if it was probed on other sets or with other signals.
    """
    if not Artifact.is_finished(folder):
        return False
    config = Artifact.load(folder, "probe").config
    expected = {
        "sets": describe_sets(part.sets),
        "paraphrases": describe_sets(part.paraphrases),
        "tests": [test.name for test in tests_of(part.tests)],
    }
    for key, value in json.loads(canonical_json(expected)).items():
        if config[key] != value:
            raise UserError(
                f"{folder}: expected a probe of the {key} of this command, got one of others; name the "
                "files of the first run, or choose another OUT"
            )
    return True


def run(options: argparse.Namespace) -> int:
    """Everything that is left, and the report."""
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    clock, begun = Clock(out / "times.json"), time.monotonic()
    where = options.checkpoints or out / "checkpoints"
    folders: Mapping[str, Path] = {name: obtain(name, where) for name in MODELS}
    fresh = fresh_set(out / FRESH_NAME, list(folders.values()))
    files = Files(options.math500, options.gsm8k, options.gsm8k_paraphrase, options.math_train)
    parts = plan(files, fresh, options.limit)
    left = {
        name: [part for part in parts if not is_done(out / name / part.name, part)]
        for name in options.models
    }
    if any(left.values()):
        clock.add("checkpoints and sets", time.monotonic() - begun)
    for name, parts_left in left.items():
        if parts_left:
            probe_model(name, folders[name], parts_left, out, clock)
    text = result_file(out, {name: folders[name].name for name in options.models}, clock)
    (out / RESULT.name).write_text(text)
    if options.limit is None and set(options.models) == set(MODELS):
        RESULT.write_text(text)
    print(text)
    return int(total_minutes(clock) > MOST_MINUTES)


def model_names(text: str) -> list[str]:
    """Names of checkpoints, for `type=` of an argument.

    Raises:
        argparse.ArgumentTypeError: for an unknown one.
    """
    names = text.split(",")
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        raise argparse.ArgumentTypeError(f"expected names of {', '.join(MODELS)}, got {text!r}")
    return [name for name in MODELS if name in names]


def positive(text: str) -> int:
    """A number from 1, for `type=` of an argument."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text!r}")
    return int(text)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", metavar="OUT", type=Path)
    for name in ("math500", "gsm8k", "gsm8k-paraphrase", "math-train"):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE")
    parser.add_argument("--checkpoints", type=Path, metavar="FOLDER", help="their folder")
    parser.add_argument("--models", type=model_names, default=[*MODELS], help="only these")
    parser.add_argument("--limit", type=positive, metavar="N", help="most problems of each set")
    options = parser.parse_args()
    set_output()
    try:
        return run(options)
    except UserError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted: run the same command again to resume")


if __name__ == "__main__":
    sys.exit(main())
