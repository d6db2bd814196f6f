"""Texts for the fuzzer: drawn from a grammar of LaTeX answers, and mutations of real texts."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[1]
LABELS = ROOT / "tests" / "clean_bench" / "grading"
MAX_CHARACTERS = 3_000

NAMES = "x y z t n k a b C E I M P S V f g".split()
GREEK = r"\pi \theta \omega \tau \alpha \Delta \ell \hbar".split()
WORDS = [
    "if", "for", "otherwise", "or", "and", "mod", "max", "all real numbers", "east", "no solution",
    "cm", "m/s", "dozen", "degrees", "is even", "where", "undefined", "yes", "base", "odd", "prime",
]  # fmt: skip
ENVIRONMENTS = (
    "aligned align align* split gathered cases dcases rcases array matrix pmatrix bmatrix vmatrix "
    "smallmatrix equation equation* eqnarray tabular multline"
).split()
RELATIONS = [
    "=", "<", ">", r"\le", r"\ge", r"\ne", r"\in", r"\equiv", r"\approx", r"\to", r"\sim", ":=",
    "≡", "≈", "∈", "≤", r"\iff", r"\propto", r"\ll",
]  # fmt: skip
COMMANDS = [
    r"\frac", r"\sqrt", r"\binom", r"\text", r"\mathrm", r"\mathbf", r"\overline", r"\hat", r"\dot",
    r"\ddot", r"\vec", r"\left", r"\right", r"\begin", r"\end", r"\pmod", r"\bmod", r"\boxed", r"\pm",
    r"\mp", r"\cup", r"\infty", r"\circ", r"\prime", r"\langle", r"\rangle", r"\lfloor", r"\rceil",
    r"\odot", r"\triangle", r"\angle", r"\sum", r"\int", r"\lim", r"\log", r"\sin", r"\ln", r"\gcd",
    r"\quad", r"\,", r"\ ", r"\!", r"\;", r"\\", r"\%", r"\$", r"\{", r"\}", r"\|", r"\cdots", r"\color",
    r"\partial", r"\nabla", r"\mathring", r"\emptyset", r"\forall", r"\substack", r"\stackrel",
]  # fmt: skip
NOISE = [
    "^", "_", "{", "}", "(", ")", "[", "]", "|", "'", "''", '"', "&", "&&", "\\", "\\\\", "$", "$$", "%",
    ",", ";", ":", "/", "!", "~", "#", "@", "?", "*", "**", "...", ".", "-", "+", "=", " ", "\n", "\t",
    "°", "′", "½", "²", "₃", "٣", "√", "π", "≡", "⊙", "µ", "Å", "厘米", "元", "\0", "\ud800", "e",
    "i", "d", "0", "00", "1e9", "10^{99}", "9" * 40, "mod", "(mod 7)", "or", "and",
]  # fmt: skip


def numbers() -> st.SearchStrategy[str]:
    whole = st.integers(-1000, 10**7).map(str)
    return st.one_of(
        st.integers(0, 20).map(str),
        whole,
        st.builds("{}.{}".format, st.integers(0, 99), st.integers(0, 9999)),
        st.builds("{:,}".format, st.integers(0, 10**8)),
        st.builds(r"0.\overline{{{}}}".format, st.integers(0, 99)),
        st.builds("{}e{}".format, st.integers(0, 99), st.integers(-9, 9)),
        st.builds(r"{} \times 10^{{{}}}".format, st.integers(1, 9), st.integers(-9, 9)),
        st.builds("{}_{}".format, st.integers(0, 999), st.integers(2, 16)),
    )


def names() -> st.SearchStrategy[str]:
    bare = st.sampled_from(NAMES + GREEK)
    return st.one_of(
        bare,
        st.builds(
            "{}_{}".format, bare, st.sampled_from(["0", "1", "{12}", r"\odot", r"\infty", "n"])
        ),
        st.builds(r"{}_\text{{{}}}".format, bare, st.sampled_from(WORDS)),
        st.builds("{}({})".format, bare, bare),
        st.builds("{}{}".format, bare, st.sampled_from(["'", "''", r"^{\prime}", "^*", "_{x}'"])),
        st.builds(
            r"\{}{{{}}}".format, st.sampled_from("dot ddot hat vec bar mathbf".split()), bare
        ),
        st.builds(r"\frac{{d{}}}{{d{}}}".format, bare, bare),
        st.builds(r"\frac{{d^2 {}}}{{dt^2}}".format, bare),
    )


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.lists(inner, min_size=0, max_size=4)
    sign = st.sampled_from(
        ["+", "-", "*", "/", r"\cdot ", r"\times ", r"\pm ", r"\mp ", "", " ", "^", "_"]
    )
    rows = st.lists(st.lists(inner, max_size=3).map("&".join), max_size=4)
    return st.one_of(
        st.builds("{}{}{}".format, inner, sign, inner),
        st.builds(r"\frac{{{}}}{{{}}}".format, inner, inner),
        st.builds("{}^{{{}}}".format, inner, inner),
        st.builds(r"\sqrt{{{}}}".format, inner),
        st.builds(r"\sqrt[3]{{{}}}".format, inner),
        st.builds(r"\left({}\right)".format, inner),
        st.builds(r"{}{}{}".format, st.sampled_from(["(", "[", r"\{", "|", r"\left\{"]), inner,
                  st.sampled_from([")", "]", r"\}", "|", r"\right.", r"\right\}"])),
        st.builds(r"\{} {}".format, st.sampled_from("sin cos tan ln log exp".split()), inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(RELATIONS), inner),
        st.builds("{}({}){}".format, st.sampled_from([r"\gcd", r"\max", "f", "P", "E"]), inner, inner),
        joined.map(", ".join),
        joined.map(" or ".join),
        joined.map(r" \text{ and } ".join),
        joined.map(lambda items: "(" + ",".join(items) + ")"),
        joined.map(lambda items: r"\{" + ",".join(items) + r"\}"),
        joined.map(lambda items: "[" + ",".join(items) + "]"),
        st.builds(r"{} \{}{{{}}}".format, inner, st.sampled_from(["pmod", "mod", "bmod"]), inner),
        st.builds(r"{} \text{{ {} }} {}".format, inner, st.sampled_from(WORDS), inner),
        st.builds(r"{} {}".format, inner, st.sampled_from(WORDS)),
        st.builds(_environment, st.sampled_from(ENVIRONMENTS), rows, st.booleans(), st.booleans()),
        st.builds(r"\text{{{}}}".format, inner),
        st.builds(r"\sum_{{k=1}}^{{{}}} {}".format, inner, inner),
    )  # fmt: skip


def _environment(name: str, rows: list[str], leading: bool, braced: bool) -> str:
    body = r" \\ ".join(rows)
    body = rf"\\ {body}" if leading else body + r" \\"
    columns = "{ll}" if name in ("array", "tabular") else ""
    text = rf"\begin{{{name}}}{columns} {body} \end{{{name}}}"
    return rf"\left\{{ {text} \right." if braced else text


ANSWERS = st.recursive(st.one_of(numbers(), names()), _compound, max_leaves=12)
BROKEN = st.lists(
    st.one_of(
        st.sampled_from(COMMANDS),
        st.sampled_from(NOISE),
        st.sampled_from(WORDS),
        numbers(),
        names(),
    ),
    max_size=14,
).map("".join)
TEXTS = st.one_of(ANSWERS, ANSWERS, BROKEN, st.text(max_size=30))


def generated_texts(count: int, number: int) -> Iterator[str]:
    """Texts of the grammar, in batches of hypothesis."""
    batch = 0
    while count > 0:
        drawn: list[str] = []
        batch += 1

        @seed(number * 1_000_003 + batch)
        @settings(
            max_examples=min(count, 2_000),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(TEXTS)
        def collect(text: str) -> None:
            drawn.append(text[:MAX_CHARACTERS])  # noqa: B023 (called before the next batch)

        collect()
        yield from drawn[:count]
        count -= len(drawn)


def real_texts() -> list[str]:
    """Gold answers and responses of the shared folder and the label lists of the tests."""
    texts: list[str] = []
    shared = ROOT.parent / "shared" / "data"
    for folder in (shared, LABELS):
        for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                if isinstance(row, str):
                    row = {"text": row}
                for name in ("gold", "answer", "response", "completion", "text", "solution"):
                    if isinstance(row.get(name), str) and row[name].strip():
                        texts.append(row[name][-MAX_CHARACTERS:])
    return sorted(set(texts))


def mutated_texts(count: int, number: int) -> Iterator[str]:
    """Real texts with pieces deleted, repeated, swapped, spliced, wrapped or replaced by noise."""
    draw, pool = random.Random(number), real_texts()
    answers = [text for text in pool if len(text) <= 200]
    for _ in range(count):
        text = draw.choice(answers if draw.random() < 0.8 else pool)
        for _ in range(draw.choice((1, 1, 2, 3, 5))):
            text = _mutated(text, draw, answers)[:MAX_CHARACTERS]
        yield text


def near_text(text: str, draw: random.Random) -> str:
    """A text with a change or two: an answer that may be equal to it."""
    return _mutated(text, draw, ["5", "x", "-1", r"\frac{1}{2}"])[:MAX_CHARACTERS]


def _mutated(text: str, draw: random.Random, answers: list[str]) -> str:
    a, b = sorted((draw.randrange(len(text) + 1), draw.randrange(len(text) + 1)))
    match draw.randrange(9):
        case 0:
            return text[:a] + text[b:]
        case 1:
            return text[:a] + draw.choice(NOISE) + text[a:]
        case 2:
            return text[:a] + draw.choice(COMMANDS) + text[a:]
        case 3:
            return text[:a] + text[a:b] * draw.choice((2, 3)) + text[b:]
        case 4:
            return text[:a] + draw.choice(answers) + text[b:]
        case 5:
            return text[b:] + text[a:b] + text[:a]
        case 6:
            name = draw.choice(ENVIRONMENTS)
            row = r"\\" if draw.random() < 0.5 else ""
            return rf"\begin{{{name}}}{row}{text}{draw.choice((row, '', '&'))}\end{{{name}}}"
        case 7:
            return (
                text
                + draw.choice((",", "^", "=", "/", " or ", r" \equiv ", "_"))
                + draw.choice(answers)
            )
        case _:
            return text.replace("\\", "\\\\") if draw.random() < 0.5 else text[:a]
