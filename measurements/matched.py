"""The matched set: balance, blind classifiers, counts, overlap with MATH, agreement and speed.

    make bench-matched MATH500=FILE MATH_TRAIN=FILE [OTHERS="amc=FILE aime=FILE"]
    python measurements/matched.py --math500 FILE --math-train FILE [--other NAME=FILE ...] [--items N]

Draws a set from the seed "measurement" and writes measurements/results/matched.md. Problems with figures
or tables are left out of the public sets. The unread sample is drawn from the half of the MATH training
split on which nothing was fitted (`match_profile.fitted`), to the cells of MATH-500. Needs scikit-learn
(extra `match`).
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from match_profile import fitted
from matched_balance import BAR, REASONS, Row, differences, out_of_bar
from matched_classifier import Auc, Texts, blind_auc
from matched_overlap import LONGEST_RUN, PublicRuns, shared_sentences

from clean_bench.probing.clusters import cluster_ids
from clean_bench.seeds import digest
from clean_bench.text.figures import has_figure
from generators.competition.account import matched_account
from generators.competition.counts import bits_of, count
from generators.competition.draw import draw_groups
from generators.competition.plan import MatchedPlan
from generators.competition.profile import DEFAULT, LEVELS, profile_named
from generators.competition.registry import templates
from generators.competition.template import SUBJECTS
from generators.competition.text_shape import is_whole
from generators.competition.twins import TwinFiles
from generators.registry import FAMILIES
from generators.set_plan import master_seed

REPORT = Path(__file__).parent / "results" / "matched.md"
SEED = "measurement"
GROUPS = 500
"""Groups of the set whose balance is measured."""
FAMILY_ITEMS = 24


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--math500", type=Path, required=True)
    parser.add_argument("--math-train", type=Path, required=True)
    parser.add_argument("--other", nargs="*", default=[], metavar="NAME=FILE")
    parser.add_argument("--items", type=int, default=20_000, help="of the check of all answers")
    options = parser.parse_args()
    public = read(options.math500)
    train = read(options.math_train)
    plan = MatchedPlan(profile_named(DEFAULT), GROUPS, master_seed(seed=SEED))
    drawn = [row.problem for rows in draw_groups(plan) for row in rows]
    # One variant of each group: the others have the same sentence.
    matched = [p for p in drawn if p.metadata["variant"] == "0"]
    sections = [
        header(plan),
        *counts_section(drawn, options),
        *speed_section(),
        *agreement_section(options.items),
        *balance_section(public, matched),
        *classifier_section(public, train, matched, options.other),
        *overlap_section([*(row["problem"] for row in public), *(r["problem"] for r in train)]),
    ]
    REPORT.write_text("\n".join([*sections, ""]))
    print(REPORT.read_text())


def read(path: Path) -> list[dict[str, Any]]:
    """The problems of a file without figures and tables."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if not has_figure(row["problem"])]


def header(plan: MatchedPlan) -> str:
    return (
        "# The matched set\n\n"
        f"`make bench-matched`; {len(plan.used)} templates, {plan.groups} groups of the seed "
        f'"{SEED}". Public problems with figures or tables are left out.\n'
    )


def counts_section(drawn: Sequence[Any], options: argparse.Namespace) -> Iterable[str]:
    """Bits, price, twins and acceptance."""
    files = TwinFiles([str(options.math500), *(o.partition("=")[2] for o in options.other)])
    twins = list(files.twins(drawn))
    account = matched_account(drawn, {"seed": SEED}, files.config(), twins)
    bits = account["bits"]
    yield "## Counts\n"
    yield (
        f"Bits of a computation: {bits['min']:.1f} to {bits['max']:.1f}, quartiles "
        f"{', '.join(f'{value:.1f}' for value in bits['quartiles'])}; below 12: "
        f"{len(account['below_12_bits'])} templates. Commonest answer: "
        f"{account['most_common_answer']['answer']}, "
        f"{100 * account['most_common_answer']['share']:.1f}%.\n"
    )
    yield "| points by recall alone | worked instances to be held |\n|---|---|"
    yield from (f"| {points} | {cost:,} |" for points, cost in account["price"].items())
    yield "\n| twins (same numbers and answer) | problems | items |\n|---|---|---|"
    names = ["math500", *(o.partition("=")[0] for o in options.other)]
    for name, file in zip(names, account["twins"], strict=True):
        yield f"| {name} | {file['problems']:,} | {file['items']} of {len(drawn):,} |"
    types = Counter(p.metadata["answer_type"] for p in drawn)
    shown = ", ".join(f"{name} {100 * n / len(drawn):.0f}%" for name, n in types.most_common())
    yield f"\nAnswer types: {shown}.\n"
    yield "| template | subject | level | bits | counted | accepted draws |\n|---|---|---|---|---|---|"
    for template in templates().values():
        result = count(template)
        how = "lower bound" if result.forms is None else "enumerated"
        share = result.accepted / template.numbers.size
        yield (
            f"| {template.name} | {template.subject} | {template.level} | {bits_of(template):.1f} | "
            f"{how} | {100 * share:.0f}% |"
        )
    yield ""


def speed_section() -> Iterable[str]:
    """Items per second over all templates, and the time of 258 groups, on one core."""
    for template in templates().values():  # warm-up: texts are compiled at their first use
        deque(islice(template.examples("warm"), 5), 0)
    begun, made = time.perf_counter(), 0
    for template in templates().values():
        made += sum(1 for _ in islice(template.examples("speed"), 100))
    rate = made / (time.perf_counter() - begun)
    begun = time.perf_counter()
    plan = MatchedPlan(profile_named(DEFAULT), 258, master_seed(seed="speed"))
    rows = sum(len(group) for group in draw_groups(plan))
    yield "## Speed\n"
    yield (
        f"One core: {rate:,.0f} items a second over all templates after warm-up (drawn, printed, "
        f"answered); 258 groups ({rows:,} problems) in {time.perf_counter() - begun:.1f} s.\n"
    )


def agreement_section(total: int) -> Iterable[str]:
    """`solve` against `check` from the printed text."""
    each = -(-total // len(templates()))
    wrong = made = 0
    for template in templates().values():
        for item in islice(template.examples("agree"), each):
            made += 1
            wrong += template.evaluate(item.problem) != item.answer
    yield "## Agreement\n"
    yield (
        f"{made:,} items over all templates: {wrong} disagreements between `solve` and `check` from "
        "the printed text.\n"
    )


def balance_section(public: Sequence[Mapping[str, Any]], matched: Sequence[Any]) -> Iterable[str]:
    """Standardized mean differences by subject, and by level."""
    theirs = [
        Row(r["problem"], r["subject"], int(r["level"]), is_whole(r["answer"])) for r in public
    ]
    ours = [Row(p.problem, p.subject, int(p.level), is_whole(p.answer)) for p in matched]
    by_subject = {
        s: differences([r for r in theirs if r.subject == s], [r for r in ours if r.subject == s])
        for s in SUBJECTS.values()
    }
    by_level = {
        f"level {n}": differences(
            [r for r in theirs if r.level == n], [r for r in ours if r.level == n]
        )
        for n in LEVELS
    }
    names = [d.feature for d in next(iter(by_subject.values()))]
    yield "## Balance against MATH-500\n"
    yield "Standardized mean differences, matched minus MATH-500 (bar 0.2):\n"
    columns = {**by_subject, **by_level}
    yield f"| feature | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}"
    for place, name in enumerate(names):
        cells = [f"{found[place].smd:+.2f}" for found in columns.values()]
        yield f"| {name} | {' | '.join(cells)} |"
    beyond = out_of_bar(by_subject)
    yield f"\nBeyond {BAR} by subject: {len(beyond)} of {len(names) * len(by_subject)}.\n"
    if beyond:
        yield "| subject | feature | MATH-500 | matched | SMD | KS | reason |"
        yield "|---|---|---|---|---|---|---|"
        for subject, d in beyond:
            yield (
                f"| {subject} | {d.feature} | {d.public:.2f} | {d.matched:.2f} | {d.smd:+.2f} | "
                f"{d.ks:.2f} | {REASONS[d.feature]} |"
            )
        yield ""


def classifier_section(
    public: Sequence[Mapping[str, Any]],
    train: Sequence[Mapping[str, Any]],
    matched: Sequence[Any],
    others: Sequence[str],
) -> Iterable[str]:
    """The ladder of blind classifiers."""
    ours = Texts([p.problem for p in matched], [p.metadata["template"] for p in matched])
    kin = {name for template in templates().values() for name in template.kin}
    of_kin = [r for r in public if r["unique_id"] in kin]
    unread = unread_sample(train, public)
    texts = {
        "MATH-500": public_texts(r["problem"] for r in public),
        "MATH-500, kin of a template": public_texts(r["problem"] for r in of_kin),
        "unread MATH sample": public_texts(r["problem"] for r in unread),
    }
    pairs: list[tuple[str, str, Texts, Texts]] = [
        ("matched", name, ours, other) for name, other in texts.items()
    ]
    pairs.append(
        (
            "unread MATH sample (the null)",
            "MATH-500",
            texts["unread MATH sample"],
            texts["MATH-500"],
        )
    )
    contests = [row["problem"] for o in others for row in read(Path(o.partition("=")[2]))]
    if contests:
        names = " and ".join(o.partition("=")[0] for o in others)
        pairs.append((names, "MATH-500", public_texts(contests), texts["MATH-500"]))
    pairs.append(("families of generated sets", "MATH-500", families(), texts["MATH-500"]))
    yield "## Blind classifiers\n"
    yield (
        "AUC of a classifier of texts (TF-IDF of words and pairs, 20 features of shape, logistic "
        "regression); folds by template, family or near-duplicate cluster, which are also the units "
        "of the intervals. 0.5 is chance.\n"
    )
    yield "| problems | against | words and shape | shape alone | units |\n|---|---|---|---|---|"
    for name, other, first, second in pairs:
        if first is ours and second is texts["unread MATH sample"]:
            both, alone = (blind_auc(first, second, words, by_unit=True) for words in (True, False))
            label = "matched, templates weigh alike"
            yield f"| {label} | {other} | {shown(both)} | {shown(alone)} | {both.units} |"
        both, alone = (blind_auc(first, second, words) for words in (True, False))
        yield f"| {name} | {other} | {shown(both)} | {shown(alone)} | {both.units} |"
    yield ""


def shown(auc: Auc) -> str:
    return f"{auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f})"


def public_texts(texts: Iterable[str]) -> Texts:
    """Problems with their near-duplicate clusters as units."""
    listed = list(texts)
    return Texts(listed, [str(cluster) for cluster in cluster_ids(listed)])


def unread_sample(
    train: Sequence[Mapping[str, Any]], public: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Problems of the half of the training split that was not fitted on, to the cells of MATH-500."""
    wanted = Counter((r["subject"], int(r["level"])) for r in public)
    left = [r for r in train if not fitted(r["problem"])]
    order = sorted(left, key=lambda row: digest("unread", row["problem"]))
    sample = []
    for row in order:
        level = re.search(r"[1-5]", str(row["level"]))
        cell = (row["type"], int(level[0]) if level else 0)
        if wanted[cell] > 0:
            wanted[cell] -= 1
            sample.append(row)
    return sample


def families() -> Texts:
    """Problems of the lowest tiers of all families of generated sets."""
    texts, units = [], []
    for family in FAMILIES.values():
        made = number = 0
        while made < FAMILY_ITEMS:
            tier = family.tiers[number % min(3, len(family.tiers))]
            item = family.make(digest("families", family.name, number, length=512), tier)
            number += 1
            if item is not None:
                texts.append(item.problem)
                units.append(family.name)
                made += 1
    return Texts(texts, units)


def overlap_section(public: Sequence[str]) -> Iterable[str]:
    """Runs of masked words, and verbatim sentences."""
    runs = PublicRuns(public)
    by_template = {}
    lengths, longest = [], []
    for template in templates().values():
        drawn = islice(template.examples("overlap"), 3 * len(template.texts))
        printed = [item.problem for item in drawn]
        by_template[template.name] = printed
        best = max((runs.longest(text) for text in printed), key=lambda run: run.length)
        lengths.append(best.length)
        longest.append((best.length, template.name, best.words))
    shared = shared_sentences(by_template, public)
    yield "## Overlap with MATH\n"
    yield (
        f"Runs of 8 or more words (formulas and numbers masked) that a template shares with "
        f"{len(public):,} problems of MATH: in {np.mean(np.array(lengths) > 0):.0%} of templates; the "
        f"longest has {max(lengths)} words (bar {LONGEST_RUN}).\n"
    )
    yield "| words | template | run |\n|---|---|---|"
    for length, name, words in sorted(longest, reverse=True)[:10]:
        yield f"| {length} | {name} | {words} |"
    yield f"\nSentences of 8 or more words that stand in MATH word for word: {len(shared)}.\n"
    if shared:
        yield "| sentence | templates |\n|---|---|"
        yield from (f"| {text} | {', '.join(names)} |" for text, names in shared.items())


if __name__ == "__main__":
    main()
