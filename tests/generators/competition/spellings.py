"""Equivalent spellings of answers, and wrong answers close to them, by the type of the answer.

They are written from the printed answer alone, so that they share no code with the templates.
"""

from __future__ import annotations

import re
from fractions import Fraction

FRACTION = re.compile(r"(-?)\\frac\{(\d+)\}\{(\d+)\}")


def spellings(kind: str, answer: str) -> list[str]:
    """At least three other spellings of an answer."""
    spaced = re.sub(r"(?<=[\w}])([+-])", r" \1 ", answer)
    if kind in ("integer", "decimal"):
        value = Fraction(answer)
        doubled = rf"\frac{{{2 * value.numerator}}}{{{2 * value.denominator}}}"
        more = f"{answer}0" if "." in answer else f"{answer}.0"
        return [f"${answer}$", more, doubled]
    if kind == "fraction":
        value = read(answer)
        return [
            f"{value.numerator}/{value.denominator}",
            rf"\dfrac{{{3 * value.numerator}}}{{{3 * value.denominator}}}",
            f"${answer}$",
        ]
    if kind in ("radical", "pi", "complex", "expression"):
        bigger = answer.replace(r"\frac", r"\dfrac")
        return [
            f"${answer}$",
            f"({answer})",
            bigger if bigger != answer else spaced + " ",
            rf"\left({answer}\right)",
        ]
    if kind in ("tuple", "interval"):
        wide = answer.replace(",", ", ")
        tall = answer.replace(r"\left", "").replace(r"\right", "")
        return [
            f"${answer}$",
            wide + " ",
            re.sub(r"\\frac", r"\\tfrac", tall),
            rf"\displaystyle {answer}",
        ]
    if kind == "matrix":
        return [
            answer.replace("pmatrix", "bmatrix"),
            re.sub(r"(-?)(\d+)/(\d+)", r"\1\\frac{\2}{\3}", answer).replace(" ", "") + " ",
            f"${answer}$",
        ]
    if kind == "equation":
        left, right = answer.split("=")
        return [f"{right}={left}", answer.replace("=", " = "), f"${answer}$"]
    if kind == "base":
        digits, base = answer.split("_")
        return [f"{digits}_{{{base}}}", digits, f"${answer}$"]
    if kind == "list":
        entries = answer.split(",")
        return [",".join(reversed(entries)) + " ", ", ".join(entries), rf"\{{{answer}\}}"]
    if kind == "text":
        inner = answer.removeprefix(r"\text{").removesuffix("}")
        return [inner, rf"\textbf{{{inner}}}", f"${answer}$"]
    raise AssertionError(kind)


def near_misses(kind: str, answer: str) -> list[str]:
    """Wrong answers close to the right one."""
    if kind == "text":
        return [r"\text{none of these}"]
    if kind == "base":
        digits, base = answer.split("_")
        return [f"{digits}_{int(base) + 1}", f"{digits}1_{base}"]
    wrong = []
    for number in {match[0] for match in re.finditer(r"(?<![\d^{])\d+", answer)}:
        place = answer.index(number)
        wrong.append(f"{answer[:place]}{int(number) + 1}{answer[place + len(number) :]}")
    if kind == "interval":
        wrong.append(answer.translate(str.maketrans("([)]", "[(])")))
    if kind == "tuple" and "left" not in answer:
        entries = answer[1:-1].split(",")
        if entries != entries[::-1]:
            wrong.append(f"({','.join(reversed(entries))})")
    if kind in ("integer", "fraction", "decimal", "radical") and answer != "0":
        wrong.append(answer.removeprefix("-") if answer.startswith("-") else f"-{answer}")
    if kind == "matrix":
        wrong.append(answer.replace(r"\begin{pmatrix} ", r"\begin{pmatrix} 97 \\ "))
    return wrong or [f"{answer}+1"]


def read(answer: str) -> Fraction:
    """An integer or a printed fraction."""
    match = FRACTION.fullmatch(answer)
    return Fraction(int(match[1] + match[2]), int(match[3])) if match else Fraction(answer)
