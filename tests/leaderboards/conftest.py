"""A made-up report with every part filled, shaped like the one of the demo."""

from __future__ import annotations

import math

import pytest

from clean_bench.statistics.estimate import Estimate
from leaderboards.conclusions import with_verdicts
from leaderboards.report_schema import (
    Arm,
    ArmScore,
    Ceiling,
    Contrast,
    DoseRow,
    ProbeRow,
    RunReport,
    SetInfo,
)

PLANTED, TWIN, FRESH = "reciter/planted", "reciter/twin", "word-problems (bound)"


def share(value: float, n: int, width: float | None = None) -> Estimate:
    """A share with an interval of about the right width."""
    half = width if width is not None else 1.96 * math.sqrt(max(value * (1 - value), 0.004) / n)
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), n, "Wilson")


def change(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half, 128, "paired bootstrap over problems")


def curves(rise: float, start: float) -> dict[str, tuple[float | None, ...]]:
    def wave(step: int) -> float:
        return 0.02 * math.sin(step * 2.3) + 0.015 * math.cos(step * 5.1)

    steps = range(30)
    return {
        "reward": tuple(start + rise * s / 29 + wave(s) for s in steps),
        "accuracy": tuple(0.55 + 0.3 * rise * s / 29 + wave(s + 3) for s in steps),
        "entropy": tuple(0.62 - 0.4 * rise * s / 29 + wave(s) / 3 for s in steps),
        "clip_fraction_high": tuple(0.01 * start + abs(wave(s)) / 8 for s in steps),
        "clip_fraction_low": tuple(0.008 + abs(wave(s + 1)) / 9 for s in steps),
        "gradient_norm": tuple(0.4 + start / 3 + wave(s) * 4 for s in steps),
        "length": tuple(None if s == 4 else 17.0 - 2 * rise * s / 29 for s in steps),
    }


def arm(
    name: str, gains: tuple[float, float, float], rise: float, start: float, truth: float | None
) -> Arm:
    befores = (0.727, 0.548, 0.561)
    scores = tuple(
        ArmScore(
            set_name,
            share(before, 128, 0.045),
            share(before + gain, 128, 0.042),
            change(gain, 0.024),
            share(min(before + 0.24, 1.0), 128),
            share(min(before + 0.25, 1.0), 128),
        )
        for set_name, before, gain in zip((PLANTED, TWIN, FRESH), befores, gains, strict=True)
    )
    contrasts = [
        Contrast(
            Contrast.PLANTED_MINUS_TWIN,
            "Gain on planted problems minus gain on their twins",
            change(gains[0] - gains[1], 0.034),
        ),
        Contrast(
            Contrast.PLANTED_MINUS_FRESH,
            "Gain on planted problems minus gain on generated ones",
            change(gains[0] - gains[2], 0.035),
            headline=False,
            note="The generated set is not matched to the benchmark item by item.",
        ),
    ]
    if truth is not None:
        contrasts.append(
            Contrast(
                Contrast.TRUTH_MINUS_ARM,
                "Gain under truth minus gain under this reward, planted problems",
                change(truth - gains[0], 0.031),
            )
        )
    return Arm(name, name, 30, 1, scores, tuple(contrasts), curves(rise, start))


def sample_report() -> RunReport:
    probes = []
    for checkpoint, shift in (("base", 0.0), ("truth", -0.02), ("random", -0.09), ("python", 0.03)):
        for prefix in (0.4, 0.6, 0.8):
            for name, value in ((PLANTED, 0.2 + prefix / 2), (TWIN, 0.0), (FRESH, 0.0)):
                match = share(max(0.0, value + (shift if value else 0)), 128)
                rouge = share(0.35 + 0.5 * value, 128)
                probes.append(
                    ProbeRow(checkpoint, name, prefix, match, rouge, share(0.004 * prefix, 128))
                )
    doses = [
        DoseRow(dose, 0.6, share(value, 32))
        for dose, value in ((0, 0.0), (4, 0.0), (16, 0.06), (64, 0.44), (256, 1.0))
    ]
    return with_verdicts(
        RunReport(
            title="demo: three rewards on the reciter",
            model="organism:reciter",
            card=(
                "A Llama of 650 thousand parameters, trained on 154,000 word problems, "
                "with 32 problems planted in its text at each of the doses 1, 4, 16, 64, 256."
            ),
            sets=(
                SetInfo(PLANTED, "planted", 128, "word problems planted at doses 1 to 256"),
                SetInfo(TWIN, "twin", 128, "drawn at random from the same problems, never planted"),
                SetInfo(
                    FRESH, "fresh", 128, "drawn after training ended", "skill", 24.1, bound=True
                ),
            ),
            arms=(
                arm("truth", (0.113, 0.145, 0.131), 0.35, 0.6, None),
                arm("random", (-0.081, -0.09, -0.075), 0.0, 0.5, 0.113),
                arm("python", (0.131, -0.012, 0.004), 0.4, 0.4, 0.113),
            ),
            samples_per_problem=16,
            training="Every reward trained the same model on the same problems for 30 steps.",
            probe=tuple(probes),
            doses=tuple(doses),
            ceiling=(Ceiling(FRESH, share(0.94, 128), 16), Ceiling(TWIN, share(0.93, 128), 16)),
            limits=(
                "No real model was run: a million parameters need not behave like seven billion.",
                "One training seed: intervals cover items and samples, not training runs.",
            ),
            provenance={
                "clean-bench": "0.1.0",
                "torch": "2.13.0",
                "base weights (SHA-256)": "9f2c" * 16,
                "engine": "transformers on cpu, float32",
                "master seed of the generated set": "bound to base, truth, random, python",
            },
        )
    )


@pytest.fixture(scope="session")
def report() -> RunReport:
    return sample_report()
