"""The text of a reward expression.

    sum     = term (("+" | "-") term)*
    term    = [NUMBER "*"] all
    all     = part ("&" part)*
    part    = "!" part | "(" sum ")" | NAME [":" KEY "=" NUMBER ("," KEY "=" NUMBER)*]

Examples: `truth`, `format+0.5*python`, `format & !python`, `length:target=512`, `noisy:fp=0.2,fn=0.1`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from clean_bench.errors import UserError
from trainers.rewards.expressions import All, Named, Node, Not, RewardExpression, Sum
from trainers.rewards.registry import LARGEST, REWARDS, Parameter

LONGEST = 500
"""Characters of an expression."""
_DEEPEST = 20
_NAMES = "|".join(sorted(REWARDS, key=len, reverse=True))
_TOKEN = re.compile(
    rf"(?P<known>(?:{_NAMES})(?![A-Za-z_]))"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z]+(?:[-_][A-Za-z]+)*)|(?P<sign>[-+*&!():,=])|(?P<other>\S)"
)
_EXAMPLE = "for example format+0.5*python, format & !python or length:target=512"


def parse_reward(text: str) -> RewardExpression:
    """The reward of an expression.

    Raises:
        UserError: one line with what was expected where; an unknown name lists the known ones.
    """
    if len(text) > LONGEST:
        raise UserError(f"reward: expected at most {LONGEST} characters, got {len(text)}")
    return RewardExpression(_Parser(text).whole())


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


_END = _Token("end", "the end")


class _Parser:
    """One pass over the tokens of an expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [_Token(match.lastgroup or "", match[0]) for match in _TOKEN.finditer(text)]
        self._at, self._depth = 0, 0

    def whole(self) -> Node:
        node = self._sum()
        if self._next is not _END:
            raise self._expected("+, -, & or the end")
        return node

    def _sum(self) -> Node:
        parts = [self._term(-1.0 if self._take("-") else 1.0)]
        while self._next.text in ("+", "-"):
            parts.append(self._term(-1.0 if self._advance().text == "-" else 1.0))
        if len(parts) == 1 and parts[0][0] == 1:
            return parts[0][1]
        return Sum(tuple(parts))

    def _term(self, sign: float) -> tuple[float, Node]:
        if self._next.kind != "number":
            return sign, self._all()
        weight = float(self._advance().text)
        if not 0 < weight <= LARGEST:
            raise self._error(f"expected a weight above 0 and up to {LARGEST:g}, got {weight:g}")
        if not self._take("*"):
            raise self._expected(f"* after the weight {weight:g}")
        return sign * weight, self._all()

    def _all(self) -> Node:
        parts = [self._part()]
        while self._take("&"):
            parts.append(self._part())
        if len(parts) == 1:
            return parts[0]
        for part in parts:
            self._require_share(part, "&")
        return All(tuple(parts))

    def _part(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(f"expected at most {_DEEPEST} brackets or ! inside each other")
        try:
            if self._take("!"):
                part = self._part()
                self._require_share(part, "!")
                return Not(part)
            if self._take("("):
                node = self._sum()
                if not self._take(")"):
                    raise self._expected("+, -, & or )")
                return node
            return self._named()
        finally:
            self._depth -= 1

    def _named(self) -> Node:
        if self._next.kind not in ("known", "name"):
            raise self._expected("the name of a reward")
        name = self._advance().text
        if name not in REWARDS:
            close = difflib.get_close_matches(name.lower().replace("_", "-"), REWARDS, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise self._error(
                f"no reward named {name!r}: expected one of {', '.join(REWARDS)}{hint}"
            )
        reward = REWARDS[name]
        values = {parameter.name: float(parameter.default) for parameter in reward.parameters}
        if self._take(":"):
            given: set[str] = set()
            while True:
                key, value = self._parameter(name, {p.name: p for p in reward.parameters})
                if key in given:
                    raise self._error(f"expected {key} once, got it twice; leave one out")
                given.add(key)
                values[key] = value
                if not self._take(","):
                    break
        return Named(reward, values)

    def _parameter(self, name: str, known: dict[str, Parameter]) -> tuple[str, float]:
        if not known:
            raise self._error(f"{name} takes no parameters; leave out what follows {name}")
        key = self._next.text
        if self._next.kind != "name" or key not in known:
            raise self._expected(f"a parameter of {name} ({', '.join(known)})")
        self._advance()
        if not self._take("="):
            raise self._expected(f"= after {key}")
        sign = -1.0 if self._take("-") else 1.0
        if self._next.kind != "number":
            raise self._expected(f"a number after {key}=")
        value = sign * float(self._advance().text)
        parameter = known[key]
        if not parameter.low <= value <= parameter.high:
            raise self._error(
                f"expected {key} from {parameter.low:g} to {parameter.high:g}, got {value:g}"
            )
        return key, value

    def _require_share(self, node: Node, sign: str) -> None:
        low, high = node.bounds()
        if low < 0 or high > 1:
            raise self._error(
                f"expected a reward between 0 and 1 beside {sign}, got {node} ({low:g} to {high:g})"
            )

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _advance(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _take(self, sign: str) -> bool:
        taken = self._next.kind == "sign" and self._next.text == sign
        self._at += taken
        return taken

    def _expected(self, what: str) -> UserError:
        text = self._next.text
        got = text if self._next is _END else repr(text)
        return self._error(f"expected {what}, got {got} ({_EXAMPLE})")

    def _error(self, what: str) -> UserError:
        return UserError(f"reward {self._text.strip()!r}: {what}")
