"""Answers written to break graders, and mutations of realistic answers."""

from __future__ import annotations

import random
from collections.abc import Iterator

from blow_ups import blow_ups

GOLDS = (
    "3",
    r"\frac{1}{2}",
    r"2\sqrt{2}",
    "(1,2)",
    r"\{1,2,3\}",
    "[0,1)",
    "x^2+1",
    "x=5",
    r"\text{east}",
    r"\begin{pmatrix}1\\2\end{pmatrix}",
)


def hostile_answers() -> dict[str, str]:
    """The answers by name, those of `blow_ups` too."""
    return {
        **blow_ups(),
        "tower of braces": "9^{9^9}",
        "tall tower": "2^{2^{2^{2^{2^2}}}}",
        "python tower": "9**9**9**9",
        "big power": "7^{10^9}",
        "negative tower": "2^{-9^{9^9}}",
        "power of a fraction": r"(\frac12)^{10^9}",
        "power of a sum": "(1+x)^{100000}",
        "product of powers": "(x+1)^{999}(x-1)^{999}",
        "root of a tower": r"\sqrt[3]{9^{9^9}}",
        "huge root": r"\sqrt[1000000]{2}",
        "factorial": "(10^9)!",
        "ten million factorial": "10000000!",
        "double factorial": "9!!!!!!!!!",
        "factorial of a factorial": "((9!)!)!",
        "binomial": r"\binom{10^9}{5\cdot10^8}",
        "binomials": r"\binom{100000}{50000}" * 50,
        "sum": r"\sum_{k=1}^{10^{12}} \frac{1}{k^2}",
        "product": r"\prod_{k=1}^{10^9} k",
        "infinite sum": r"\sum_{k=1}^{\infty} \frac{1}{k^{k}}",
        "nested sums": r"\sum_{a=1}^{999}" * 30 + "abc",
        "integral": r"\int_0^1 \sin(\sin(\sin(x^x)))\,dx",
        "integrals": r"\int " * 200 + "x" + "dx" * 200,
        "limit": r"\lim_{x\to 0} \frac{\sin(x^{99})}{x^{99}}",
        "derivative": r"\frac{d}{dx} x^{x^{x^{x}}}",
        "logarithms": r"\log(" * 300 + "2" + ")" * 300,
        "sines": r"\sin(" * 500 + "1" + ")" * 500,
        "sine of much": r"\sin(10^{10^{6}})",
        "5,000 digits": "7" * 5000,
        "5,000 digits negative": "-" + "7" * 5000,
        "5,000 digits over 5,000": "7" * 5000 + "/" + "3" * 5000,
        "fraction of 5,000": r"\frac{1}{" + "9" * 5000 + "}",
        "5,000 decimals": "0." + "3" * 5000,
        "repeated decimals": r"0.\overline{" + "142857" * 300 + "}",
        "repeated decimals, dots": "0." + "142857" * 2000 + r"\ldots",
        "exponent": "1e999999999",
        "negative exponent": "1e-999999999",
        "power of ten": r"1.5 \times 10^{999999999}",
        "digits in groups": "1" + ",000" * 20000,
        "groups in braces": "1" + "{,}000" * 2000,
        "nested parentheses": "(" * 10000 + "1" + ")" * 10000,
        "nested braces": "{" * 10000 + "1" + "}" * 10000,
        "nested brackets": "[" * 10000 + "1" + "]" * 10000,
        "open parentheses": "(" * 10000,
        "open braces": "{" * 10000,
        "closed braces": "}" * 10000,
        "nested fractions": r"\frac{1}{" * 2000 + "1" + "}" * 2000,
        "nested roots": r"\sqrt{" * 2000 + "2" + "}" * 2000,
        "few nested roots": r"\sqrt{1+" * 40 + "2" + "}" * 40,
        "continued fraction": r"1+\frac{1}{" * 60 + "2" + "}" * 60,
        "nested boxes": r"\boxed{" * 5000 + "3" + "}" * 5000,
        "nested text": r"\text{" * 3000 + "a" + "}" * 3000,
        "nested lefts": r"\left(" * 900 + "1" + r"\right)" * 900,
        "nested absolute values": "|" * 901 + "x" + "|" * 901,
        "signs": "-" * 1999 + "1",
        "pluses": "1+" * 50000 + "1",
        "few pluses": "1+" * 900 + "1",
        "products": "2*" * 900 + "2",
        "sum of roots": "+".join(rf"\sqrt{{{n}}}" for n in range(2, 120)),
        "difference of roots": "-".join(rf"\sqrt{{{n}}}" for n in range(10**6, 10**6 + 90)),
        "product of roots": "".join(rf"(\sqrt{{{n}}}+\sqrt{{{n + 1}}})" for n in range(2, 60)),
        "polynomial": "+".join(f"{n}x^{{{n}}}" for n in range(200)),
        "many letters": "+".join("abcdefghijklmnopqrstuvwxyz") + "^2",
        "letters multiplied": "(a+b+c+d+e+f+g)" * 40,
        "trigonometry": "".join(rf"\sin({n}x)\cos({n}y)" for n in range(60)),
        "rational function": "".join(rf"\frac{{x^{n}+1}}{{x^{n}-1}}" for n in range(2, 60)),
        "equation of degree": "x^{60}+x^{59}=1",
        "equations": ",".join(f"x_{{{n}}}={n}" for n in range(300)),
        "chain": "=".join(["x", *map(str, range(500))]),
        "inequalities": "<".join(map(str, range(600))),
        "implicit": "x^y=y^x",
        "piecewise": r"\begin{cases}" + r"x&x>0\\" * 400 + r"\end{cases}",
        "matrix": _matrix(60, "1"),
        "symbolic matrix": _matrix(30, r"\sqrt{x}"),
        "matrix power": _matrix(9, "x") + "^{999999}",
        "broken matrix": r"\begin{pmatrix}" * 300,
        "arrays": r"\begin{array}{cc}" * 500 + r"\end{array}" * 500,
        "set of ten thousand": r"\{" + ",".join(map(str, range(10000))) + r"\}",
        "set of sixty roots": r"\{" + ",".join(rf"\sqrt{{{n}}}" for n in range(60)) + r"\}",
        "tuple of thousands": "(" + ",".join(map(str, range(3000))) + ")",
        "list of four hundred": ",".join(f"{n}/{n + 1}" for n in range(400)),
        "plus-minus": r"\pm 1" * 60,
        "plus-minuses": "1" + r"\pm\sqrt{2}" * 25,
        "hedge": " or ".join(map(str, range(400))),
        "unions": r"\cup".join(f"({n},{n + 1})" for n in range(300)),
        "sets of sets": r"\{" * 800 + "1" + r"\}" * 800,
        "100,000 letters": "x" * 100000,
        "100,000 words": "the answer is " * 7200,
        "100,000 dollars": "$ " * 50000,
        "100,000 spaces": "3" + " " * 100000 + "3",
        "100,000 commas": "," * 100000,
        "100,000 backslashes": "\\" * 100000,
        "100,000 newlines": "3" + "\n" * 100000,
        "long macro": "\\" + "a" * 1900,
        "NUL": "3\0",
        "NULs": "\0" * 1900,
        "lone surrogate": "\ud8003",
        "surrogates": "\udfff\ud800" * 800,
        "right to left": "\u202e3\u202c\u200f",
        "Arabic digits": "٣",
        "full-width digits": "３",
        "zero width": "\u200b3\u200b",
        "combining": "3" + "\u0301" * 1500,
        "emoji": "👩‍👩‍👧‍👦" * 200,
        "byte order mark": "\ufeff3",
        "input": r"\input{/etc/passwd}",
        "write18": r"\immediate\write18{touch /nowhere/x}",
        "definition": r"\def\x{\x\x}\x",
        "newcommand": r"\newcommand{\a}{\a\a}\a",
        "csname": r"\csname end\endcsname",
        "import": "__import__('os').system('echo 3')",
        "eval": "eval('3')",
        "lambda": "(lambda: 3)()",
        "exit": "exit()",
        "class": "().__class__.__bases__[0].__subclasses__()",
        "comprehension": "[x for x in range(10**9)]",
        "symbols": "Symbol('x').__class__",
        "format": "{0.__class__}",
        "percent": "%s%n" * 400,
        "null": "None",
        "not a number": "nan",
        "infinity": r"-\infty+\infty",
        "zero": r"\frac{1}{0}",
        "zero to zero": "0^0",
        "JSON": '{"id": 1, "kind": "equal"}',
        "lines of JSON": '"}\n{"id": 1, "kind": "equal"}',
        "HTML": "<script>alert(3)</script>",
        "regular expression": "(a+)+" * 300 + "b",
        "units": r"3\text{ cm}" * 300,
        "degrees": r"90^\circ" * 300,
        "percents": "50%" * 600,
        "clock": "12:" * 600 + "00",
        "ratio": ":".join(["1"] * 900),
        "base": "1" * 1500 + "_{2}",
        "empty groups": "{}" * 900,
        "primes": "x" + "'" * 1900,
        "subscripts": "x_{" * 600 + "1" + "}" * 600,
        "bars": r"\overline{" * 600 + "3" + "}" * 600,
    }


def _matrix(size: int, entry: str) -> str:
    row = "&".join([entry] * size)
    return r"\begin{pmatrix}" + r"\\".join([row] * size) + r"\end{pmatrix}"


REALISTIC = (
    "3",
    "-17",
    "1,000",
    "0.125",
    r"\frac{3}{4}",
    r"-\dfrac{11}{2}",
    "3/4",
    "3 1/2",
    r"2\sqrt{2}",
    r"\sqrt[3]{4}",
    r"\frac{1+\sqrt{5}}{2}",
    r"\pi",
    r"\frac{\pi}{6}",
    "2\\pi r^2",
    r"50\%",
    r"\$12.50",
    r"90^\circ",
    r"12\text{ cm}^2",
    "(3,4)",
    r"\left(\frac{1}{2},-1\right)",
    "[0,1)",
    r"(-\infty,2]\cup(3,\infty)",
    r"\{1,2,3\}",
    "1,2,3",
    r"1\pm\sqrt{3}",
    "x^2+2x+1",
    "(x+1)(x-3)",
    r"\frac{x+2}{x-1}",
    "y=2x+3",
    "x=5",
    "x>3",
    r"-1\le x<4",
    r"x\in[0,1]",
    "2a+3b-c",
    "a^2-b^2",
    r"\text{east}",
    r"\text{(C)}",
    "B",
    r"\text{Thursday}",
    "4:30",
    "2:3",
    "1011_2",
    "6!",
    "2^{10}",
    r"10^{-3}",
    r"1.2\times10^6",
    r"\binom{8}{3}",
    r"\log_2 8",
    r"\sin 30^\circ",
    r"e^{i\pi}",
    "3+4i",
    r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
    r"\begin{pmatrix}-7\\16\\5\end{pmatrix}",
    r"|x-3|",
    r"\lfloor 3.7\rfloor",
    r"\frac{1}{1+\frac{1}{2}}",
    r"\infty",
    "3 or 4",
    r"x^2+y^2=25",
    r"y=\pm\frac{3}{2}x",
    r"5\text{ hours}",
    r"0.\overline{3}",
    "72^\\circ",
    r"\overline{AB}",
    "n(n+1)/2",
)
PIECES = (
    "^",
    "_",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\\",
    "\\frac",
    "\\sqrt",
    "\\left",
    "\\right",
    "$",
    "%",
    "\\%",
    "!",
    "|",
    "=",
    "<",
    ",",
    ";",
    ":",
    "&",
    "\\\\",
    "\\pm",
    "\\cup",
    "\\in",
    "\\text{",
    "\\boxed{",
    "9",
    "0",
    ".",
    "-",
    "+",
    "/",
    "*",
    "^{99}",
    "^{9^9}",
    "!",
    "e",
    "i",
    "x",
    " ",
    "\n",
    "\0",
    "\ud800",
    "\u202e",
    "\u00b2",
    "\u221a",
    "and",
    "or",
    "\\begin{pmatrix}",
    "\\infty",
)


def mutated_answers(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """(gold, mutated answer) pairs; the answer is built from the gold or from another answer."""
    draw = random.Random(seed)
    for _ in range(count):
        gold = draw.choice(REALISTIC)
        text = gold if draw.random() < 0.7 else draw.choice(REALISTIC)
        for _ in range(draw.choice((1, 1, 2, 3, 5))):
            text = _mutated(text, draw)[:50_000]
        yield gold, text


def _mutated(text: str, draw: random.Random) -> str:
    a, b = sorted((draw.randrange(len(text) + 1), draw.randrange(len(text) + 1)))
    match draw.randrange(9):
        case 0:
            return text[:a] + text[b:]
        case 1:
            return text[:a] + draw.choice(PIECES) + text[a:]
        case 2:
            return text[:a] + text[a:b] * draw.choice((2, 3, 10, 50)) + text[b:]
        case 3:
            return text[:a] + draw.choice(REALISTIC) + text[b:]
        case 4:
            return text[b:] + text[a:b] + text[:a]
        case 5:
            opening, closing = draw.choice(
                (("(", ")"), ("{", "}"), (r"\sqrt{", "}"), ("-(", ")"), (r"\frac{1}{", "}"))
            )
            times = draw.choice((1, 2, 20))
            return opening * times + text + closing * times
        case 6:
            return text + draw.choice(("+", ",", "^", "=", "/", " or ")) + draw.choice(REALISTIC)
        case 7:
            return text.replace(
                draw.choice("123456789"), draw.choice(("9" * 400, "10^{99}", "(9!)!", "x"))
            )
        case _:
            return "".join(chr(ord(c) ^ 1) if draw.random() < 0.1 else c for c in text)
