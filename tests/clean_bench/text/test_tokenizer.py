r"""Token streams of all views, pinned to those of the five separate tokenizers that they replace."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from clean_bench.text.normalize import (
    SAME_GLYPH,
    SAME_MEANING,
    brackets,
    normalize,
    normalize_spaces,
)
from clean_bench.text.tokenizer import (
    arithmetic_tokens,
    bag_tokens,
    content_tokens,
    latex_tokens,
    notation_tokens,
)

TEXTS = (
    "",
    r"What is $\dfrac{3}{4} \times 12{,}000$, if $x \leq 5$ and $y\neq 4$?",
    "Problem: Mia starts with 37 coins, finds 2,500.5 in the Garden and gives 18 to Tom. Answer:",
    r"\[\frac12 + \tfrac{35}{8} \div 41 - 7 \cdot 18^2 = \left( a_1 \right)\]",
    "2πr² ≤ ∞, ∠ABC = 30°, α∈ℝ and 5 − 3 × 4 ÷ 6",
    r"\begin{align*} x &= 1 \\ y &= 2 \end{align*} \text{if } \mathbf{v} = \quad 0",
    "see [asy]\ndraw((0,0)--(1,1));\n[/asy] this two-digit number --- yes",
    "设 $x$ 为实数，求 3x+1 的值。 こんにちは 안녕",
    "<|im_start|>user\nSum 5? Please reason step by step, and put your final answer within "
    "\\boxed{}.<|im_end|>\n",
    'a &lt; b &amp;&gt; c; "quoted" (100,200) [ - 500,500 ] 1,000,000 apples, 50\\% of \\$5.30',
    "cafe\u0301 na\u200bive Deﬁne １２ （ｘ） snake_case x_{12} \\\\ \\{1, 2\\} \\! \\, \\; end\\",
    "```python\nprint(sum(i**2 for i in range(10)))\n```\nThe answer is $\\boxed{285}$.",
    r"Find $\lim_{n \to \infty} \sqrt[3]{n} \ge \sin \theta$, $\binom{n}{2}$, \dots",
)

# The first 4 bytes of BLAKE2b of each stream's repr, text by text.
PINNED: dict[Callable[[str], object], str] = {
    notation_tokens: (
        "3833238a d8fe59a1 31e4aab3 171defc1 7563ccca 298481b8 fb1cf7db 6bdf868a "
        "ad6ebbb2 e1b974fe 6b59375c fbae1dff 8e3e8583"
    ),
    latex_tokens: (
        "3833238a 38287f23 31e4aab3 b0d6f218 7563ccca d053189c fb1cf7db 8be81f76 "
        "ad6ebbb2 e1b974fe de3533be 6652fb8e ec68d2f1"
    ),
    content_tokens: (
        "3833238a 4f257224 1fd3f456 94ecbac2 5fe6aa49 05c54d93 1243d26b 47bcf580 "
        "b6aab33e 61cc7b32 eab14793 cc0ff09c deb521fb"
    ),
    bag_tokens: (
        "3833238a f73562ca b277d632 9d95634b 24d4a8d6 fc983107 fb1cf7db 6b419a3c "
        "080f3abf 25420904 1c792a7c e181e1fd 149f3267"
    ),
    arithmetic_tokens: (
        "3833238a 81a3191c dca38f3c d7a82dfa e14929c8 226fc119 30c1bc7f 47bcf580 "
        "cfe04abc 2b59c187 099f7c91 cc0ff09c 778387c1"
    ),
    normalize: (
        "b28118f2 23403f1e c70404a8 bd1d2848 2a1aeb38 948b09e4 4011f13a cc37121a "
        "0d984c04 2fb5f293 7e36014a b191feff a487eac2"
    ),
    normalize_spaces: (
        "b28118f2 23403f1e cdf7673b 3fc8efc0 fd0924fa 948b09e4 890a513b 758ef232 "
        "93bf9899 4e20794c 6bb07d12 70091028 a487eac2"
    ),
    brackets: (
        "b28118f2 b28118f2 b28118f2 f71b507c b28118f2 b28118f2 b28118f2 b28118f2 "
        "b28118f2 a456756b f71b507c a034743b be5d2831"
    ),
}


@pytest.mark.parametrize("view", PINNED, ids=lambda view: view.__name__)
def test_streams_are_pinned(view: Callable[[str], object]) -> None:
    streams = [view(text) for text in TEXTS]
    reprs = [repr([s] if isinstance(s, str) else s).encode() for s in streams]
    assert " ".join(hashlib.blake2b(r, digest_size=4).hexdigest() for r in reprs) == PINNED[view]


def test_the_views_of_one_formula() -> None:
    text = r"$\dfrac{1}{2} \leq 1{,}000 \times \left\{ X_1 \right\}$"
    assert notation_tokens(text) == [
        "$", r"\dfrac", "{", "1", "}", "{", "2", "}", r"\leq", "1", "{", ",", "}", "000",
        r"\times", r"\left", r"\{", "X", "_", "1", r"\right", r"\}", "$",
    ]  # fmt: skip
    assert latex_tokens(text) == [
        r"\frac", "{", "1", "}", "{", "2", "}", r"\le", "1", ",", "000", r"\times", r"\{", "X",
        "_", "1", r"\}",
    ]  # fmt: skip
    assert content_tokens(text) == ["frac", "1", "2", "le", "1000", "*", "x", "1"]
    assert arithmetic_tokens(text) == ["1", "/", "2", "leq", "1", "000", "*", "x", "1"]
    assert bag_tokens(r"\{X 圆周 _1}") == ["\\", "{", "x", "圆", "周", "1", "}"]


def test_synonyms_are_canonical() -> None:
    """No synonym stands for another one, and what prints alike means the same."""
    assert not set(SAME_MEANING.values()) & set(SAME_MEANING)
    assert SAME_GLYPH.items() <= SAME_MEANING.items()
