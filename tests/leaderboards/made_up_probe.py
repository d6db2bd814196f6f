"""A made-up probe for the tests of its page, with hostile texts and names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import inf
from typing import Any

from made_up_details import HOSTILE

from clean_bench.results import Result, Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.probe_page import ProbeView

PLANTED, TWIN, CONTROL = "reciter/planted", "reciter/twin", "famous-passages"
LONG = "averyveryverylongnamewithoutanyplacetobreak" * 3
SETS = {PLANTED: 4, TWIN: 30, CONTROL: 3, LONG: 1}
FRACTIONS = (0.4, 0.6)
TESTS = ("reconstruction", "suffix-logprob")
NOTICE = 'The tokenizer adds no beginning token "<s>".'
CONTROL_TEXT = "the checkpoint reproduces 2 of 3 famous passages, down to tier 1 (of 4, the rarest)"
QUOTED = "'=1+1\" & <b>bold</b>"


def share(value: float, half: float, n: int) -> Estimate:
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), n, "made up")


def number(value: float, n: int) -> Estimate:
    return Estimate(value, -inf, inf, n)


def of_set(name: str, exact: float, n: int) -> Iterator[Result]:
    """The rates of a set at both prefixes; the headline has flags and further measures."""
    head = Result("reciter", "ab" * 32, set=name)
    for fraction in FRACTIONS:
        at = f"@{fraction:g}"
        yield head.of(f"exact_match{at}", share(exact, 0.123, n))
        yield head.of(f"exact_folded{at}", share(min(1.0, exact + 0.25), 0.1, n))
        yield head.of(f"lookup_match{at}", share(0.0, 0.031, n))
        yield head.of(f"rouge_l{at}", share(exact + 0.2, 0.05, n))
        yield head.of(f"edit_similarity{at}", share(0.414, 0.2, n))
        yield head.of(f"logprob_per_token{at}", number(-1.2345, n))
        yield head.of(f"exact_match{at}", share(exact, 0.2, n), subset="long suffix")
        yield head.of(f"lookup_match{at}", share(0.0, 0.2, n), subset="long suffix")
    yield head.of("suffix_bits@0.6", number(1234.567, n))


def results() -> Results:
    rows = [
        *of_set(PLANTED, 0.5, 3),
        *of_set(TWIN, 0.0, 30),
        *of_set(CONTROL, 2 / 3, 3),
        *of_set(LONG, 0.0, 1),
    ]
    head = Result("reciter", "ab" * 32, set=PLANTED)
    versus = f"set={TWIN}"
    rows += [
        head.of("blind_auc", share(0.53, 0.11, 34), versus=versus),
        head.of("flagged:reconstruction@0.6", share(0.3337, 0.3, 3)),
        head.of("flagged:suffix-logprob@0.6", share(0.6669, 0.3, 3)),
        head.of("min-k:min_k_0.2", number(-3.25, 3)),
    ]
    for dose, exact, flagged in ((1, 0.0, 0.25), (64, 0.875, 1.0)):
        part = head._replace(subset=f"dose={dose}")
        rows += [
            part.of("exact_match@0.6", share(exact, 0.06, 2)),
            part.of("lookup_match@0.6", share(0.0, 0.07, 2)),
            part.of("rouge_l@0.6", share(0.61, 0.08, 2)),
            part.of("flagged:reconstruction@0.6", share(exact, 0.09, 2)),
            part.of("flagged:suffix-logprob@0.6", share(flagged, 0.15, 2)),
        ]
    twin = Result("reciter", "ab" * 32, set=TWIN, subset="dose=0")
    rows.append(twin.of("exact_match@0.6", share(0.0, 0.114, 30)))
    for tier, folded in ((1, 1.0), (2, 0.0)):
        part = Result("reciter", "ab" * 32, set=CONTROL, subset=f"tier={tier}")
        rows += [
            part.of("exact_match@0.6", share(folded / 2, 0.17, 2)),
            part.of("lookup_match@0.6", share(0.0, 0.18, 2)),
            part.of("exact_folded@0.6", share(folded, 0.19, 2)),
            part.of("rouge_l@0.6", share(0.72, 0.08, 2)),
        ]
    return Results(rows)


def item(name: str, key: str, prefix: str, suffix: str, continuation: str, **more: Any) -> Any:
    words = {"exact": suffix == continuation, "rouge_l": 0.5, "logprob": -1.23456, "flags": {}}
    texts = {"set": name, "id": key, "prefix": prefix, "suffix": suffix}
    return texts | {"continuation": continuation, "group": "", "reason": None} | words | more


def items() -> list[dict[str, Any]]:
    """38 items: planted ones by hand, thirty twins, three passages, one without a place to break."""
    flags = {"reconstruction": (0.0123456, True), "suffix-logprob": (0.5, False)}
    planted = [
        item(PLANTED, "p0", "Ann has", " two red cats.", " two blue cats. And", group="dose 1"),
        item(
            PLANTED, "p1", "Bea has", " 12 zebras.", " 12 zebras.",
            rouge_l=1.0, logprob=-0.01, flags=flags, group="dose 64",
        ),
        item(
            PLANTED, "p2", HOSTILE, f" the {HOSTILE}", f" thé {QUOTED}",
            rouge_l=0.9, group="dose 64",
        ),
        item(
            PLANTED, "p3", "indivisible", "", "",
            exact=None, rouge_l=None, logprob=None, group="dose 64", reason="no boundary",
        ),
    ]  # fmt: skip
    twins = [
        item(TWIN, f"t{i:02}", f"Twin {i} has", " some owls.", "", rouge_l=i / 100, logprob=-i)
        for i in range(30)
    ]
    passages = [
        item(CONTROL, f"f{i}", f"Four score {i}", " and seven", " AND SEVEN", group=f"tier {tier}")
        for i, tier in enumerate((1, 1, 2))
    ]
    return [*planted, *twins, *passages, item(LONG, LONG, LONG * 20, f" {LONG}", f" {LONG}x")]


def flag(test: str, null: str, p: float, flagged: bool, place: int = 1) -> dict[str, Any]:
    names = {
        "set": PLANTED,
        "problem_id": f"p{place}",
        "cluster": place,
        "test": test,
        "prefix": 0.6,
    }
    evidence = {"null": null, "null_problems": 30, "evidence": 1.0, "p": p, "q": p}
    status = {"decides": True, "calibrated": True, "flagged": flagged}
    return names | evidence | status


def probe_view() -> ProbeView:
    """A planted set, its twin as null, the positive control with tiers, and a set with a long name."""
    config = {
        "sets": [
            {"name": name, "role": role, "problems": SETS[name]}
            for name, role in zip(SETS, ("planted", "twin", None, None), strict=True)
        ],
        "fractions": [*FRACTIONS],
        "protocol": "clean",
        "tests": [*TESTS],
        "nulls": [TWIN],
        "control": CONTROL,
        "engine": {"engine": "transformers", "dtype": "float32"},
        "weights_sha256": "ab" * 32,
    }
    hypothesis = {
        "set": PLANTED,
        "test": "reconstruction",
        "question": "exact match above look-up",
        "null": "look-up without a model",
        "clusters": 3,
        "effect": -0.3333,
        "p": 0.0001234,
        "p_holm": 0.04567,
        "bayes_factor": 331.4,
    }
    claims = [
        {
            "set": PLANTED,
            "level": 2,
            "claim": "memorized problems, against a null set",
            "evidence": f"reconstruction: 1 of 3 flagged {QUOTED}",
            "raise": "L3 needs the signal donor-prefix",
        },
        {
            "set": LONG,
            "level": 0,
            "claim": "not detected; the power of this probe is unknown",
            "evidence": "",
            "raise": f"a null set {LONG}",
        },
    ]
    counts = [
        {
            "set": name,
            "prefix": fraction,
            "problems": size,
            "scored": size - (name == PLANTED),
            "empty": 0,
            "uncut": int(name == PLANTED),
            "too_long": 0,
            "short_suffixes": 17,
        }
        for name, size in SETS.items()
        for fraction in FRACTIONS
    ]
    return ProbeView(
        checkpoint="organism:reciter",
        config=config,
        results=results(),
        items=items(),
        flags=[
            flag("reconstruction", TWIN, 0.0322, True),
            flag("reconstruction", TWIN, 0.9, False, 2),
            flag("suffix-logprob", TWIN, 0.00041, False) | {"decides": False, "calibrated": False},
        ],
        hypotheses=[hypothesis],
        claims=claims,
        counts=counts,
        notices=[NOTICE],
        control=CONTROL_TEXT,
    )


def bare_view() -> ProbeView:
    """One set alone: no null, control, flags, hypotheses, doses or notices."""
    full = probe_view()
    config = full.config | {"sets": [full.config["sets"][3]], "nulls": [], "control": None}
    return replace(
        full,
        config=config,
        results=Results(of_set(LONG, 0.0, 1)),
        items=[row for row in full.items if row["set"] == LONG],
        flags=[],
        hypotheses=[],
        claims=full.claims[1:],
        counts=full.counts[-2:],
        notices=[],
        control=None,
    )


def calibrated_view() -> ProbeView:
    """The bare view with the power that a calibration measured."""
    bare = bare_view()
    rows = [
        ["reconstruction", 4, 0.25, 0.125, 0.5],
        ["reconstruction", 64, 0.875, 0.75, 0.9375],
        ["suffix-logprob", 4, 0.5, 0.25, 0.75],
    ]
    power = {"calibration": "cd" * 32, "rows": rows}
    return replace(bare, config=bare.config | {"power": power})


def hostile_view(bad: str) -> ProbeView:
    """The made-up view with every name and text replaced by a hostile one."""
    full = probe_view()
    names = {name: f"{name} {bad}" for name in SETS}
    config = full.config | {
        "sets": [entry | {"name": names[entry["name"]]} for entry in full.config["sets"]],
        "protocol": bad,
        "tests": [bad],
        "nulls": [names[TWIN]],
        "control": names[CONTROL],
        "engine": {"engine": bad, "dtype": bad},
        "weights_sha256": bad,
    }
    texts = dict.fromkeys(("test", "null", "question", "claim", "evidence", "raise"), bad)

    def spoiled(row: Any, *columns: str) -> Any:
        return row | {"set": names[row["set"]]} | {name: texts[name] for name in columns}

    measure = f"min-k:{bad}"
    return ProbeView(
        checkpoint=bad,
        config=config,
        results=Results(
            [
                *(row._replace(set=names[row.set]) for row in full.results),
                Result(bad, set=names[PLANTED], measure=measure, value=1.0, method=bad),
                Result(bad, set=names[PLANTED], subset=bad, measure="exact_match@0.6", value=1.0),
            ]
        ),
        items=[
            spoiled(row)
            | {"id": bad, "prefix": bad, "suffix": bad, "continuation": bad, "group": bad}
            | {"flags": {bad: (0.1, True)}, "reason": bad}
            for row in full.items
        ],
        flags=[spoiled(row, "test", "null") for row in full.flags],
        hypotheses=[spoiled(row, "test", "null", "question") for row in full.hypotheses],
        claims=[spoiled(row, "claim", "evidence", "raise") for row in full.claims],
        counts=[spoiled(row) for row in full.counts],
        notices=[bad],
        control=bad,
    )
