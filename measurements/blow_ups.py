r"""Answers whose value takes long to compute: sums, products, integrals, limits, roots, long lists.

They are part of `hostile_answers`; `measurements/hostile.py` and the tests grade them.
"""

from __future__ import annotations


def blow_ups() -> dict[str, str]:
    """The answers by name."""
    return {
        "alternating infinite sum": r"\sum_{k=0}^{\infty} \frac{(-1)^k}{(2k+1)^3 \ln(k+2)}",
        "infinite sum of sines": r"\sum_{k=1}^{\infty} \frac{\sin k}{k^2+1}",
        "infinite double sum": r"\sum_{m=1}^{\infty}\sum_{n=1}^{\infty} \frac{1}{m^2 n^2 (m+n)^2}",
        "infinite sum that diverges": r"\sum_{k=1}^{\infty} k!",
        "infinite sum of logarithms": r"\sum_{k=2}^{\infty} \frac{1}{k \ln k}",
        "infinite sum of factorials": r"\sum_{k=0}^{\infty} \frac{(k!)^2 2^{k+1}}{(2k+1)!}",
        "infinite sum of binomials": r"\sum_{k=1}^{\infty} \frac{1}{k^3 \binom{2k}{k}}",
        "infinite sum, hypergeometric": r"\sum_{k=0}^{\infty} \frac{(3k)!}{(k!)^3 30^{k}(k^2+1)}",
        "infinite product": r"\prod_{k=1}^{\infty} \left(1+\frac{1}{k^3}\right)",
        "sum of roots": r"\sum_{k=1}^{10^{9}} \sqrt{k}",
        "product of roots": r"\prod_{k=1}^{10^6} (1+\frac{1}{\sqrt k})",
        "improper integral": r"\int_0^{\infty} \frac{\sin(x^3)}{x^2+\ln(x+2)}\,dx",
        "integral of a tower": r"\int_0^1 x^{x^{x}}\,dx",
        "limit of factorials": r"\lim_{n\to\infty} \frac{n!^{1/n}}{n + \sin n}",
        "limit of a sum": r"\lim_{n\to\infty} \sum_{k=1}^{n} \frac{n}{n^2+k^2\sin k}",
        "sum of a huge power": r"\sum_{k=1}^{100} k^{10^6}",
        "sum of nested roots": "+".join(
            rf"\sqrt{{{n}+\sqrt{{{n + 1}+\sqrt{{{n + 2}}}}}}}" for n in range(2, 20)
        ),
        "roots of many primes": "+".join(
            rf"\sqrt[{n}]{{{n + 2}}}" for n in (2, 3, 5, 7, 11, 13, 17, 19, 23)
        ),
        "sines of sevenths": "+".join(rf"\sin\frac{{{n}\pi}}{{97}}" for n in range(1, 48)),
        "trigonometric identity": r"\sin^{16} x + \cos^{16} x + \tan^{12}\frac{x}{3}",
        "power of a power of a sum": r"((x+y)^{1/7}+(x-y)^{1/5})^{35}",
        "huge binomials": "+".join(rf"\binom{{{10**6 + n}}}{{{10**5}}}" for n in range(30)),
        "residue of a tower": r"3^{9^{9^9}} \bmod 7",
        "residue of a huge power": "3^{" + "7" * 1500 + r"} \bmod 10007",
        "million digits": "7" * 1_000_000,
        "million digits after the point": "0." + "3" * 1_000_000,
        "many plus-minus": r"\pm".join(["1"] * 200),
        "many plus-minus with minus-plus": r"1\pm2\mp3" * 60,
        "many alternatives": " or ".join(f"x={n}" for n in range(350)),
        "many approximations": r" \approx ".join(f"{n}.5" for n in range(400)),
        "many residues": ", ".join(f"x \\equiv {n}" for n in range(150)) + r" \pmod{7}",
        "many pieces": r"\begin{cases}"
        + r"\\".join(f"{n} & {n} < x < {n + 1}" for n in range(90))
        + r"\\ 0 & \text{otherwise}\end{cases}",
        "large matrix": r"\begin{pmatrix}"
        + r"\\".join("&".join(["x^2+1"] * 15) for _ in range(15))
        + r"\end{pmatrix}",
        "nested cases": r"\begin{cases} " * 38 + "x" + r" \end{cases}" * 38,
        "open systems": r"\left\{\begin{array}{l}" * 60,
        "derivatives": r"\frac{d}{dt}" * 300 + "x",
        "primes of derivatives": "x" + "'" * 900 + "(t)=1",
        "dots": r"\ddot{" * 300 + "x" + "}" * 300,
        "backslashes of commands": r"\\frac" * 380,
        "long chain of names": "=".join(["K", *(f"k_{n}" for n in range(350)), "5"]),
        "cube roots and powers": "+".join(
            rf"(x^2-{n})^{{{n}/3}}\sqrt[3]{{x^2-{n}}}" for n in range(2, 40)
        ),
    }
