"""Check a `scores` artifact: every grade from the stored response, every result from the grades.

Everything that does not need the checkpoint is checked: grades, seeds, the forced beginning, how a
completion ended, that each problem has its samples under each template, which completions were
repeated, the results, and the prompts except those that the checkpoint's own chat template made.

Completions of other tools (`clean_bench.scoring.from_files`) have no seeds, tokens or own prompts. Of
them the grades, the gold answers, the numbers of completions and the results are checked.

Samples are read shard by shard, and token ids and log-probabilities as columns of numbers: a run of a
hundred thousand long completions is checked in the memory of its grades.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.artifacts.manifest import NAME
from clean_bench.engines.outputs import stop_end
from clean_bench.grading import UNDECIDED, Grade
from clean_bench.problems import SCHEMA as PROBLEMS_SCHEMA
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import Problem, check_stored_sets, stored_sets
from clean_bench.prompts import Template, plain_prompt
from clean_bench.prompts.stored_chat import KEY as CHAT
from clean_bench.prompts.stored_chat import ChatFrames, chat_prompts_agree, with_chat
from clean_bench.regrading import Regrading
from clean_bench.results import SCHEMA as RESULTS_SCHEMA
from clean_bench.results import TABLE as RESULTS
from clean_bench.results import check_results
from clean_bench.sample_lengths import length_columns, wrong_length
from clean_bench.samples import (
    FINISHES,
    FLEXIBLE,
    GREEDY,
    PUBLISHED,
    REPEAT,
    SAMPLE,
    SCORES_SCHEMA,
    TABLE,
    has_tokens,
    has_two_grades,
    strict_kind,
)
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.imported_config import IMPORTED, Settings, settings_of
from clean_bench.scoring.published import published_grader
from clean_bench.scoring.requests import repeated, sample_seed
from clean_bench.scoring.summary import needed, summarize
from clean_bench.scoring.variant_groups import with_variants

Row = dict[str, Any]
Label = tuple[tuple[str, str, str], str, int]
_NUMBERS = ("prompt_ids", "token_ids", "logprobs")
LAYOUT = Layout(
    {TABLE: SCORES_SCHEMA, PROBLEMS: PROBLEMS_SCHEMA, RESULTS: RESULTS_SCHEMA},
    frozenset({RESULTS}),
    metadata=frozenset({"counts", CHAT}),
    provenance=frozenset({"checkpoint", "revision", "base", "files"}),
)
_OTHER_PROMPT = "has a prompt that the template {} does not make of its problem"


def check_scores(artifact: Artifact) -> Iterator[Failure]:
    """Edited samples, missing samples, and results that do not follow from the samples.

    Undecided grades (timeouts) are not compared: another machine may be faster.
    """
    yield from check_layout(artifact, LAYOUT)
    yield from _missing_columns(artifact)
    config = artifact.config
    settings = settings_of(config)
    if CHAT in artifact.metadata and not any(
        template.chat for template in _templates(settings, artifact.metadata).values()
    ):
        yield Failure(NAME, "metadata: holds a chat template, and no prompt was made with one")
    regrading = Regrading.of(artifact, settings.rules)
    yield from check_stored_sets(artifact)
    kept = yield from check_samples(
        artifact.tables(TABLE), config, artifact.metadata, stored_sets(artifact), regrading
    )
    if kept is None:
        return  # results that were recomputed from other samples would mean nothing
    name = artifact.manifest["provenance"]["checkpoint"]
    sets = stored_sets(artifact)
    results, counts = summarize(kept, config, name, sets)
    yield from check_results(artifact, with_variants(results, kept, sets))
    if artifact.metadata["counts"] != counts:
        yield Failure("manifest.json counts", "do not follow from the samples")


def check_samples(
    tables: Iterable[pa.Table],
    config: Mapping[str, Any],
    metadata: Mapping[str, Any],
    sets: Mapping[str, Sequence[Problem]],
    regrading: Regrading,
) -> Generator[Failure, None, pa.Table | None]:
    """Samples against the configuration of a score and the stored sets, one table at a time.

    Args:
        config: the configuration of an artifact of kind `scores`.
        metadata: holds the chat template, if there is one.

    Returns:
        the columns that results follow from; None where samples are missing.
    """
    kept = []
    settings = settings_of(config)
    templates = _templates(settings, metadata)
    chats: list[tuple[str, tuple[str, Template, str]]] = []
    labels: list[Label] = []
    problems = {(name, problem.id): problem for name, of_set in sets.items() for problem in of_set}
    prompts: dict[tuple[str, str, str], str] = {}
    frames = ChatFrames(served=config["engine"].get("engine") == "openai")
    for table in tables:
        rows = _rows(table)
        for row, what in zip(
            rows, _wrong(rows, settings, config["engine"], regrading), strict=True
        ):
            where = f"{TABLE} row {len(labels)} ({row['set']}/{row['problem_id']})"
            labels.append((_key(row), row["mode"], row["index"]))
            if what:
                yield Failure(where, what)
            first = _key(row) not in prompts
            wrong = [*_wrong_problem(row, problems)]
            if isinstance(settings, ScoreConfig):
                wrong += _wrong_prompt(row, problems, prompts, templates, settings.force_start)
            for other in wrong:
                yield Failure(where, other)
            template = templates.get(row["template"])
            problem = problems.get((row["set"], row["problem_id"]))
            if first and problem and template and template.chat:
                prompt = _without_gap(row["prompt"], template, settings.force_start)
                if template.chat_template:
                    chats.append((where, (problem.problem, template, prompt)))
                elif what := frames.difference(template, problem.problem, prompt):
                    yield Failure(where, what)
        kept.append(needed(table))
    agree = chat_prompts_agree([chat for _, chat in chats]) or []
    for (where, (_, template, _)), same in zip(chats, agree, strict=False):
        if not same:
            yield Failure(where, _OTHER_PROMPT.format(template.name))
    missing = list(
        _missing(labels, config, settings)
        if isinstance(settings, ScoreConfig)
        else _missing_of_files(labels, config)
    )
    yield from missing
    return None if missing else pa.concat_tables(kept)


def _templates(settings: Settings, metadata: Mapping[str, Any]) -> dict[str, Template]:
    """The templates of a score by name; none of completions of other tools."""
    if not isinstance(settings, ScoreConfig):
        return {}
    return {name: with_chat(settings.template(name), metadata) for name in settings.templates}


def _missing_columns(artifact: Artifact) -> Iterator[Failure]:
    """Shards without the grades that the version of this configuration stored."""
    if not has_two_grades(artifact.config):
        return
    for shard in artifact.shards(TABLE):
        missing = {FLEXIBLE, PUBLISHED} - set(pq.read_schema(shard).names)
        if missing:
            yield Failure(f"{TABLE}/{shard.name}", f"lacks the column {min(missing)}")


def _rows(table: pa.Table) -> list[Row]:
    """The rows of a shard, with `lengths` in place of the numbers."""
    rows: list[Row] = table.drop_columns(list(_NUMBERS)).to_pylist()
    for row, lengths in zip(rows, length_columns(table), strict=True):
        row["lengths"] = lengths
    return rows


def _wrong(
    rows: list[Row],
    config: Settings,
    engine: Mapping[str, Any],
    regrading: Regrading,
) -> Iterator[str]:
    """The first failure of each row; empty where there is none.

    Args:
        engine: the description of the engine in the configuration.
    """
    tokens, context = has_tokens({"engine": engine}), engine.get("context_length")
    forced = config.force_start
    pairs = [(row["gold"], row["response"]) for row in rows]
    kinds = [row.get(FLEXIBLE) or row["grade"] for row in rows]
    second = _published_again(rows, config.grader, regrading)
    regraded = regrading.grades(pairs, kinds)
    for row, (graded, complaint), (published, slow) in zip(rows, regraded, second, strict=True):
        expected_seed: int | None = 0
        if row["mode"] == SAMPLE and isinstance(config, ScoreConfig):
            expected_seed = None
            if 0 <= row["index"] < config.samples_per_problem:
                expected_seed = sample_seed(config, row["set"], row["problem_id"], row["index"])
        if complaint := complaint or _wrong_grade(row, graded, config, regrading.extracts):
            yield complaint
        elif _differs(row.get(PUBLISHED, published), published):
            yield f"is stored as {row[PUBLISHED]!r}, by the published rules, and grades as {published!r}"
        elif slow:
            yield f"{slow}, by the published rules"
        elif row["seed"] != expected_seed:
            yield f"has the seed {row['seed']}, expected {expected_seed}"
        elif not row["response"].startswith(forced):
            yield f"does not begin with the forced start {forced[:60]!r}"
        elif (end := stop_end(row["response"][len(forced) :], config.stop)) is not None and (
            end < len(row["response"]) - len(forced)
        ):
            yield f"goes on after the stop text {row['response'][len(forced) :][:end][-20:]!r}"
        elif row["finish"] not in FINISHES:
            yield f"ended by {row['finish']!r}, expected one of {', '.join(FINISHES)}"
        elif tokens:
            yield _wrong_tokens(row, forced, config.max_tokens, context)
        elif row["lengths"].tokens or row["lengths"].logprobs:
            yield "has tokens, expected none"
        elif row["finish"] == "overlong" and row["response"] != forced:
            yield "ended by 'overlong' with a response"
        else:
            yield ""


def _published_again(
    rows: Sequence[Row], grader: str, regrading: Regrading
) -> list[tuple[str | None, str]]:
    """The grade of each row by the published rules, and what is wrong with a stored timeout of them."""
    again: list[tuple[str | None, str]] = [(None, "")] * len(rows)
    for name in dict.fromkeys(row["set"] for row in rows):
        second = published_grader(name, grader)
        if second is None:
            continue
        places = [place for place, row in enumerate(rows) if row["set"] == name]
        pairs = [(rows[place]["gold"], rows[place]["response"]) for place in places]
        graded = regrading.by(second, pairs, [rows[i].get(PUBLISHED) or "" for i in places])
        for place, (grade, complaint) in zip(places, graded, strict=True):
            again[place] = grade.kind, complaint
    return again


def _wrong_grade(row: Row, graded: Grade, config: Settings, extracts: bool) -> str:
    """How the stored grades, answer and rule differ from those of the text; empty if they do not.

    A grade that is undecided, stored or again, is not compared: another machine may be faster. Its
    answer is, where the grader `extracts` apart from the comparison.
    """
    two = row.get(FLEXIBLE) is not None
    strict = not two or config.strict(row["template"])
    headline = graded.strict if strict else graded
    if not two:
        graded = headline  # the version that stored it had one grade
    kind = row[FLEXIBLE] if two else row["grade"]
    if not {kind, graded.kind} & UNDECIDED:
        if row["grade"] != headline.kind:
            return f"is stored as {row['grade']!r} and grades as {headline.kind!r}"
        if kind != graded.kind:
            return f"is stored as {kind!r}, flexible, and grades as {graded.kind!r}"
    elif two and row["grade"] != (strict_kind(kind, row["extraction"]) if strict else kind):
        return f"is stored as {row['grade']!r}, and as {kind!r}, flexible"
    elif not extracts:
        return ""
    if row["extracted"] != graded.extracted:
        return f"is stored with the answer {row['extracted']!r}, not {graded.extracted!r}"
    if row["extraction"] != graded.extraction:
        return f"is stored with the rule {row['extraction']!r}, not {graded.extraction!r}"
    return ""


def _wrong_tokens(row: Row, forced: str, most: int | None, context: object) -> str:
    """The first failure of the tokens of a row; empty where there is none."""
    tokens, finish = row["lengths"].tokens, row["finish"]
    if what := wrong_length(row["lengths"], finish, most, context):
        return what
    silent = not tokens and row["response"] == forced
    # A server may end a completion for a reason of its own before its first token.
    expected = silent if finish == "overlong" else tokens > 0
    if not (expected or (finish == "unknown" and silent)):
        return f"ended by {finish!r} after {tokens} tokens"
    return ""


def _missing_of_files(labels: Sequence[Label], config: Mapping[str, Any]) -> Iterator[Failure]:
    """Missing completions and problems of a score of files."""
    counts: dict[str, Counter[str]] = {}
    modes: dict[str, set[str]] = {}
    for (name, template, problem), mode, index in labels:
        of_set = counts.setdefault(name, Counter())
        if index != of_set[problem] or template != IMPORTED:
            where = f"{TABLE} {name}/{problem}, template {template}"
            yield Failure(where, f"has the index {index}, expected {of_set[problem]}")
        of_set[problem] += 1
        modes.setdefault(name, set()).add(mode)
    expected = {entry["name"]: entry["problems"] for entry in config["sets"]}
    if {name: len(of_set) for name, of_set in counts.items()} != expected:
        yield Failure(TABLE, "does not hold the problems of the sets of the configuration")
    sampled = [min(counts[name].values()) for name in counts if modes[name] == {SAMPLE}]
    greedy = [name for name in counts if modes[name] == {GREEDY}]
    if len(sampled) + len(greedy) != len(counts) or any(
        max(counts[n].values()) > 1 for n in greedy
    ):
        yield Failure(
            TABLE, "has a set that is neither greedy, with one completion each, nor sampled"
        )
    if config["samples"] != min(sampled, default=0):
        yield Failure("manifest.json samples", f"is {config['samples']}, not the least number")
    completions = sum(entry["completions"] for entry in config["files"])
    if len(labels) != completions:
        yield Failure(TABLE, f"has {len(labels)} rows, and the files have {completions}")


def _missing(
    labels: Sequence[Label], config: Mapping[str, Any], settings: ScoreConfig
) -> Iterator[Failure]:
    """Missing problems, problems without their greedy and sampled rows, and wrong repeats."""
    samples, templates = settings.samples_per_problem, list(settings.templates)
    expected = Counter([(GREEDY, 0), *((SAMPLE, index) for index in range(samples))])
    modes: dict[tuple[str, str, str], Counter[tuple[str, int]]] = {}
    for key, mode, index in labels:
        if mode != REPEAT:
            modes.setdefault(key, Counter())[mode, index] += 1
    for (name, template, problem), counter in modes.items():
        if counter != expected:
            where = f"{TABLE} {name}/{problem}, template {template}"
            yield Failure(where, f"does not have its {1 + samples} rows")
    problems: dict[str, dict[str, list[str]]] = {}
    for name, template, problem in modes:
        problems.setdefault(name, {}).setdefault(template, []).append(problem)
    if list(problems) != [entry["name"] for entry in config["sets"]]:
        yield Failure(TABLE, "does not hold the sets of the configuration in their order")
    for entry in config["sets"]:
        name, count = entry["name"], entry["problems"]
        by_template = problems.get(name, {})
        if list(by_template) != templates:
            what = f"does not have the templates {', '.join(templates)} in this order"
            yield Failure(f"{TABLE} {name}", what)
        each = list(by_template.values()) or [[]]
        if any(len(ids) != count or ids != each[0] for ids in each):
            yield Failure(f"{TABLE} {name}", f"does not have its {count} problems")
    greedy = [key for key, mode, _ in labels if mode == GREEDY]
    again = [key for key, mode, _ in labels if mode == REPEAT]
    count = settings.repeat
    if count > len(greedy) or again != repeated(greedy, count, settings.seed):
        yield Failure(f"{TABLE} repeats", f"are not the {count} that the seed picks")


def _wrong_problem(row: Row, problems: Mapping[tuple[str, str], Problem]) -> Iterator[str]:
    """How the gold answer differs from that of the stored problem."""
    problem = problems.get((row["set"], row["problem_id"]))
    if problem is None:
        yield "is of no stored problem"
    elif row["gold"] != problem.answer:
        yield f"has the gold answer {row['gold']!r}, and its problem {problem.answer!r}"


def _wrong_prompt(
    row: Row,
    problems: Mapping[tuple[str, str], Problem],
    first: dict[tuple[str, str, str], str],
    templates: Mapping[str, Template],
    forced: str,
) -> Iterator[str]:
    """How the prompt differs from the stored problem's, or from the `first` prompt of it."""
    problem = problems.get((row["set"], row["problem_id"]))
    if problem is None:
        return
    prompt = first.setdefault(_key(row), row["prompt"])
    if row["prompt"] != prompt:
        yield "has another prompt than the problem's other rows"
        return
    template = templates.get(row["template"])
    if template is None:
        yield f"has the template {row['template']!r}, which is not known"
    elif not template.chat:
        text = _without_gap(row["prompt"], template, forced)
        if text != plain_prompt(problem.problem, template):
            yield _OTHER_PROMPT.format(template.name)


def _without_gap(prompt: str, template: Template, forced: str) -> str:
    """A prompt without what separates it from a forced beginning; empty if that is missing."""
    gap = template.gap if forced else ""
    return prompt.removesuffix(gap) if prompt.endswith(gap) else ""


def _differs(stored: str | None, expected: str | None) -> bool:
    """Whether two kinds of grade differ, where both are decided."""
    return stored != expected and not {stored, expected} & UNDECIDED


def _key(row: Row) -> tuple[str, str, str]:
    return row["set"], row["template"], row["problem_id"]
