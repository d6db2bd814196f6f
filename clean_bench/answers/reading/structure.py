r"""The structure of an answer: what kind it is, and its parts.

From the outside in: alternatives (`or`), several answers (`,`, `and`), unions, relations, brackets,
scalars. What has no reading is `Text` where it is words, else `Unread`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from clean_bench.answers.algebra import scalars
from clean_bench.answers.reading import regions, units
from clean_bench.answers.reading.expressions import Expr, has, parse, replace, symbols
from clean_bench.answers.reading.kinds import (
    Answer,
    Choice,
    Hedge,
    Labelled,
    List,
    Matrix,
    Ratio,
    Region,
    Relation,
    Set,
    Square,
    Text,
    Tuple,
    Unread,
    Value,
)
from clean_bench.answers.reading.spelling import clean
from clean_bench.answers.reading.tokens import Token, Unreadable, tokens

_OPEN = {"(", "[", "{", "\\{", "\\langle"}
_CLOSE = {")", "]", "}", "\\}", "\\rangle"}
_RELATIONS = {
    "=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", "=<": "<=", ">=": ">=", "\\le": "<=",
    "\\ge": ">=", "\\ne": "!=", "!=": "!=", "\\in": "in", ":=": "=", "\\equiv": "=",
}  # fmt: skip
_ALTERNATIVE = {"or", "\\lor"}
_JOINT = {",", ";", "and", "\\land", "&"}
_SET_SIGNS = {"\\cup", "\\cap", "\\setminus"}
_FORMULA = re.compile(
    r"\\(?:sum|int|prod|lim|iint|oint|partial|Re|Im|det|gcd|lcm|max|min|bmod)(?![A-Za-z])"
)
_VECTOR = re.compile(r"\\begin (?:[pbBv]?(?:small)?matrix|array)")
_EMPTY_SET = {"empty set", "the empty set", "no solution", "no solutions", "null set"}
_REALS = {"all real numbers", "all reals", "all real number", "the real numbers", "real numbers",
          "all real x", "all real values"}  # fmt: skip
_BASES = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "sixteen": 16,
}  # fmt: skip
_BASE = re.compile(
    r"\(?(?P<digits>[0-9A-Fa-f]+)\)? ?_ ?(?:\{ ?)?(?:\\text ?\{ ?)?(?P<base>[0-9]{1,2}|[a-z]+)[ }]*"
)
_SPOKEN_BASE = re.compile(
    r"(?P<digits>[0-9A-F]+)[ ,(]*(?:\\text ?\{)?[ (in]*base[ -](?P<base>[0-9]{1,2}|[a-z]+)[ })]*"
)
_LETTERS = re.compile(r"[^\W\d_][\w' .,;:&/-]*", re.ASCII)
_CHOICE = re.compile(
    r"(?:(?P<open>[(\[])\s*(?P<inner>[A-Za-z])\s*[)\]]|(?P<bare>[A-Z])\s*[).:])\.?"
)
_CHOICE_TEXT = re.compile(r"(?:\(\s*([A-Z])\s*\)|([A-Z])\s*[).:](?= ))\s*(?P<content>\S.*)", re.S)
_LABEL_TEXT = re.compile(r"(?:the )?(?:final )?(?:answer|option|choice)(?: is)?:? ", re.IGNORECASE)
_MOST_TEXTS = 20
_REMEMBERED = 100
"""Characters; the readings of longer texts are not kept, so that what is kept stays small."""
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}\b")
_SHORT_WORDS = frozenset(
    "yes no true false odd even red one two ten all none north east dne even sat sun mon never".split()
)
_SINGLE_FUNCTION = re.compile(r"[A-Za-z](?:_\{?\w\}?)?'*\([A-Za-z](?:, ?[A-Za-z])*\)|[A-Za-z]")


def read(text: str) -> Answer:
    """The answer that a text gives. Never raises; the time is about linear in the text."""
    return _remembered(text) if len(text) <= _REMEMBERED else _read(clean(text), False)


@lru_cache(maxsize=4096)
def _remembered(text: str) -> Answer:
    return _read(clean(text), False)


def _read(text: str, explicit: bool) -> Answer:
    if text.startswith("\\text"):
        whole = re.fullmatch(r"\\text ?\{([^{}$\\]*)\} ?\.?", text)
        if whole:
            return _read(clean(whole[1]), True)
    try:
        if text.count("\\text") > _MOST_TEXTS:
            raise Unreadable
        special = _special(text, explicit)
        return special if special is not None else _structure(tokens(text))
    except Unreadable:
        pass
    return _words(text) or Unread(re.sub(r"\s+", "", text), _FORMULA.search(text) is not None)


def _special(text: str, explicit: bool) -> Answer | None:
    """Choices, bases, words and times: what is read from the text rather than its tokens."""
    choice = _CHOICE.fullmatch(text)
    if choice:
        return Choice(choice["inner"] or choice["bare"], True, None)
    inner = re.fullmatch(r"\\text ?\{ ?(\(?[A-Z]\)?[.:]?) ?\}(.*)", text, re.S)
    if inner and (inner[2].strip() or explicit):
        text = f"({inner[1].strip('().: ')}) {inner[2].strip()}"
    choice = _CHOICE_TEXT.fullmatch(text)
    if choice and (choice[1] or choice[2]) in "ABCDEFGHIJ" and " " in text:
        content = choice["content"]
        if re.match(r"(?:\\text ?\{)? ?(?:or\b|and\b|,|/|\([A-Z]\))", content):
            return None
        if not content.startswith(("+", "-", "=", "^", "<", ">", "\\c", "/", "*")):
            return Choice(choice[1] or choice[2], True, read(content))
    based = (
        (_BASE.fullmatch(text) or _SPOKEN_BASE.fullmatch(text))
        if "_" in text or ("base" in text)
        else None
    )
    if based and re.search("[0-9]", based["digits"]):
        base = int(based["base"]) if based["base"].isdigit() else _BASES.get(based["base"])
        if base is not None and (base > 10 or based["digits"].isdigit()):
            digits = based["digits"].upper().lstrip("0") or "0"
            return Value(("sym", f"{digits}_{base}"), base=base, digits=digits)
    if _LETTERS.fullmatch(text) and (explicit or _all_words(text)):
        return _phrase(text)
    if _TIME.match(text) or re.match(r"[0-9]{1,2}\\text ?\{ ?:", text):
        return Text(_folded(text))
    return None


def _all_words(text: str) -> bool:
    """Whether unmarked letters are words rather than products of variables."""
    if any(joint in f" {text} " for joint in (" or ", " and ", ",")):
        return False
    runs = re.findall(r"[A-Za-z]+", text)
    long = [run for run in runs if len(run) > 3 or run.lower() in _SHORT_WORDS]
    return bool(long) and not re.search(r"[/]", text) and _token_free(text)


def _token_free(text: str) -> bool:
    known = {"infinity", "Infinity", "sqrt", "theta", "alpha", "beta", "gamma", "delta", "lambda",
             "sigma", "omega", "epsilon", "infty"}  # fmt: skip
    runs = re.findall(r"[A-Za-z]+", text)
    return not any(run in known or run[:-1] == "sqrt" for run in runs) and not (
        len(runs) == 1 and len(runs[0]) < 6 and runs[0][:3] in ("sin", "cos", "tan", "cot", "log")
    )


def _phrase(text: str) -> Answer:
    folded = _folded(text)
    if folded in _EMPTY_SET:
        return Set(())
    if folded in _REALS:
        return regions.everything()
    if folded in ("infinity", "positive infinity"):
        return Value(("sym", "oo"))
    if folded == "negative infinity":
        return Value(("neg", ("sym", "oo")))
    for word, kind in ((r"\bor\b", Hedge), (r",|;|\band\b", List)):
        parts = [part for part in re.split(word, text) if part.strip()]
        if len(parts) > 1:
            read_parts = tuple(read(part.strip()) for part in parts)
            return Hedge(read_parts) if kind is Hedge else List(_flat(read_parts))
    labelled = _LABEL_TEXT.match(text)
    if labelled and text[labelled.end() :].strip():
        return read(text[labelled.end() :])
    return Text(folded)


def _words(text: str) -> Text | None:
    """Words with numbers among them (July 4), as text."""
    plain = re.sub(r"\\text ?\{([^{}]*)\}", r" \1 ", text)
    if re.fullmatch(r"[\w\s.,:;'&-]*", plain) and re.search(r"[^\W\d_]{3}", plain):
        return Text(_folded(plain))
    return None


def _folded(text: str) -> str:
    plain = re.sub(r"\\text ?\{([^{}]*)\}", r" \1 ", text)
    plain = re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", plain.casefold())
    plain = re.sub(r"(?<=[0-9]) *: *(?=[0-9])", ":", plain)
    return re.sub(r"[^\w:]+", " ", plain).strip()


def _structure(text: list[Token]) -> Answer:
    text = _stripped(text)
    if not text:
        raise Unreadable
    if len(text) > 1 and text[0].text in _OPEN:
        whole = _bracketed(text)
        if whole is not None:
            return whole
    parts = _split(text, _ALTERNATIVE)
    if len(parts) > 1:
        return _alternatives(parts)
    parts = _split(text, _JOINT)
    if len(parts) > 1:
        return _several([part for part in parts if part])
    signs = _top(text, _RELATIONS.keys())
    if signs:
        return _relations(text, signs)
    if _top(text, _SET_SIGNS):
        return _set_algebra(text)
    matrix = _matrix(text)
    if matrix is not None:
        return matrix
    colons = _split(text, {":"})
    if len(colons) > 1:
        return Ratio(tuple(_value(part) for part in colons))
    return _scalar(text)


def _stripped(text: list[Token]) -> list[Token]:
    """Without what is said around it: `\\approx 3`, and `\\approx` with a rounding at the end."""
    cut = _top(text, {"\\approx"})
    if cut:
        text = text[1:] if cut[0] == 0 else text[: cut[0]]
    while text and text[0].text in ("\\therefore", "\\to", "\\quad"):
        text = text[1:]
    if text and text[0].kind == "word" and text[0].text.lower() == "either":
        text = text[1:]
    return [token for token in text if token.kind != "text" or token.text.strip(" .,;")
            or token.text.strip() in (",", ";")]  # fmt: skip


def _word(token: Token) -> str:
    if token.kind in ("text", "word"):
        return token.text.strip(" .").lower()
    return token.text if token.kind in ("sign", "command") else ""


def _top(text: list[Token], signs: object) -> list[int]:
    """Where these signs stand outside all brackets."""
    depth, found = 0, []
    for at, token in enumerate(text):
        if token.kind in ("sign", "command"):
            if token.text in _OPEN or token.text.startswith("\\begin "):
                depth += 1
            elif token.text in _CLOSE or token.text.startswith("\\end "):
                depth -= 1
                if depth < 0:
                    raise Unreadable
        if not depth and token.kind != "symbol" and _word(token) in signs:  # type: ignore[operator]
            found.append(at)
    if depth:
        raise Unreadable
    return found


def _split(text: list[Token], signs: set[str]) -> list[list[Token]]:
    cuts = _top(text, signs)
    if not cuts:
        return [text]
    parts, start = [], 0
    for cut in [*cuts, len(text)]:
        parts.append(text[start:cut])
        start = cut + 1
    return parts


def _bracketed(text: list[Token]) -> Answer | None:
    """A tuple, interval, list in brackets or set, where one pair of brackets holds all."""
    depth = 0
    for at, token in enumerate(text):
        if token.kind in ("sign", "command"):
            if token.text in _OPEN or token.text.startswith("\\begin "):
                depth += 1
            elif token.text in _CLOSE or token.text.startswith("\\end "):
                depth -= 1
                if not depth and at < len(text) - 1:
                    return None
    if depth:
        raise Unreadable
    opening, closing, inner = text[0].text, text[-1].text, text[1:-1]
    if opening == "{" and closing == "}":
        return _structure(inner)
    if opening == "\\{":
        return _in_braces(inner) if closing == "\\}" else None
    parts = _split(inner, {",", ";"})
    if opening == "\\langle" and closing == "\\rangle":
        return Tuple(tuple(_structure(part) for part in parts), False)
    if len(parts) == 1:
        if opening == "(" and closing == ")":
            items = _structure(inner)
            return None if isinstance(items, Value) else items
        if (opening, closing) == ("[", "]") and inner and inner[0].text.startswith("\\begin "):
            return _structure(inner)
        return List((_structure(inner),)) if (opening, closing) == ("[", "]") else None
    items_read = tuple(_structure(part) for part in parts)
    if opening == "(" and closing == ")":
        return Tuple(items_read, True)
    if len(parts) == 2 and all(isinstance(item, Value) for item in items_read):
        low, high = items_read
        assert isinstance(low, Value) and isinstance(high, Value)
        if (opening, closing) == ("[", "]"):
            return Square((low, high))
        if opening in "([" and closing in ")]":
            return regions.interval(low.tree, opening == "(", high.tree, closing == ")")
    if (opening, closing) == ("[", "]"):
        return List(items_read)
    raise Unreadable


def _in_braces(inner: list[Token]) -> Answer:
    if not inner:
        return Set(())
    for bar in ("|", ":"):
        sides = _split(inner, {bar})
        if len(sides) == 2:
            condition = _structure(sides[1])
            if isinstance(condition, Region):
                return condition
            raise Unreadable
    parts = _split(inner, {",", ";"})
    items = _flat(tuple(_structure(part) for part in parts))
    if len(items) == 1 and isinstance(items[0], Region):
        return items[0]
    return Set(items)


def _flat(items: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """The items, with those of lists (from a plus-minus) among them."""
    flat: list[Answer] = []
    for item in items:
        flat.extend(item.items if isinstance(item, List) else (item,))
    return tuple(flat)


def _alternatives(parts: list[list[Token]]) -> Answer:
    parts = [part[1:] if part and part[0].text in (",", ";") else part for part in parts]
    parts = [part[:-1] if part and part[-1].text in (",", ";") else part for part in parts]
    if not all(parts):
        raise Unreadable
    items = tuple(_structure(part) for part in parts)
    found = regions.union(items)
    if found is not None:
        return found
    flat = _flat(items)
    labels = {item.label if isinstance(item, Labelled) else None for item in flat}
    if len(labels) == 1 and None not in labels:
        return List(flat)
    if isinstance(flat[0], Labelled) and all(isinstance(item, Value) for item in flat[1:]):
        return Hedge((flat[0].value, *flat[1:]))
    return Hedge(items)


def _several(parts: list[list[Token]]) -> Answer:
    if not parts:
        raise Unreadable
    items = tuple(_structure(part) for part in parts)
    if len(items) == 1:
        return items[0]
    found = regions.intersection(items, named=True)
    if found is not None:
        return found
    if any(isinstance(item, Hedge) for item in items):
        raise Unreadable
    items = _flat(items)
    first = items[0]
    if isinstance(first, Labelled) and all(isinstance(item, Value) for item in items[1:]):
        items = (first, *(Labelled(first.label, item, None) for item in items[1:]))
    return List(items)


def _relations(text: list[Token], at: list[int]) -> Answer:
    signs = [_RELATIONS[_word(text[cut])] for cut in at]
    sides, start = [], 0
    for cut in [*at, len(text)]:
        sides.append(text[start:cut])
        start = cut + 1
    if not all(sides):
        raise Unreadable
    if signs == ["in"]:
        inside = _structure(sides[1])
        if isinstance(inside, Tuple | Square):
            pair = regions.from_pair(inside)
            if pair is None:
                raise Unreadable
            inside = pair
        if isinstance(inside, Region):
            variable = _label(sides[0])
            return Region(inside.pieces, variable) if variable else inside
        return inside
    if all(sign == "=" for sign in signs):
        return _equations(sides)
    if "=" in signs or "in" in signs:
        raise Unreadable
    trees = [_value(side).tree for side in sides]
    if any(has(tree, "pm") for tree in trees):
        raise Unreadable
    return regions.chain(trees, signs)


def _equations(sides: list[list[Token]]) -> Answer:
    """`label = value`, an equation, or a chain of equal things, of which the last is the answer."""
    label = _label(sides[0])
    if label is None and len(sides) == 2:
        swapped = _label(sides[1])
        if swapped is not None:
            label, sides = swapped, sides[::-1]
    if label is not None and len(sides) > 1:
        value = _structure(sides[-1])
        middle = [_structure(side) for side in sides[1:-1]]
        if any(item != value and not _same_number(item, value) for item in middle):
            raise Unreadable
        left = _maybe_tree(sides[0])
        right = value.tree if isinstance(value, Value) else None
        if isinstance(value, List):
            return List(tuple(Labelled(label, item, None) for item in value.items))
        names = label.strip("()").split(",")
        if label.startswith("(") and isinstance(value, Tuple) and len(names) == len(value.items):
            return Labelled(label, value, None)
        difference = None
        if left is not None and right is not None:
            difference = ("add", left, ("neg", right))
            if left[0] == "sym" and left[1] in symbols(right):
                return Relation("=", difference)
        return Labelled(label, value, difference)
    trees = [_value(side) for side in sides]
    if not any(symbols(value.tree) - {"pi", "e", "i"} for value in trees):
        if all(_same_number(value, trees[-1]) for value in trees[:-1]):
            return trees[-1]
        raise Unreadable
    if len(trees) != 2 or any(has(value.tree, "pm") for value in trees):
        raise Unreadable
    return Relation("=", ("add", trees[0].tree, ("neg", trees[1].tree)))


def _same_number(one: Answer, other: Answer) -> bool:
    return (
        isinstance(one, Value)
        and isinstance(other, Value)
        and scalars.certain(one.tree, other.tree) is True
    )


def _label(side: list[Token]) -> str | None:
    """The name on the left of an equation: x, x_1, f(x), (x, y), \\text{Area}, m\\angle A."""
    text = "".join(token.text for token in side)
    if len(side) == 1:
        token = side[0]
        if token.kind == "symbol" and token.text not in ("e", "i", "pi"):
            return token.text
        return token.text.strip().lower() if token.kind in ("text", "word") else None
    if _SINGLE_FUNCTION.fullmatch(text) or re.fullmatch(r"[A-Za-z]+_\{?\w+\}?", text):
        return text.replace("{", "").replace("}", "")
    if re.fullmatch(r"f\^\{?-1\}?\([a-z]\)|\\angle[A-Z]{1,3}|m\\angle[A-Z]{1,3}", text):
        return text.replace("{", "").replace("}", "")
    if re.fullmatch(r"\([a-zA-Z](?:,[a-zA-Z])+\)", text):
        return text
    if all(token.kind in ("text", "word") for token in side):
        return " ".join(token.text.strip().lower() for token in side)
    if re.fullmatch(r"[A-Z]{2,3}", text):
        return text
    return None


def _maybe_tree(side: list[Token]) -> Expr | None:
    text = "".join(token.text for token in side)
    if re.fullmatch(r"[fghFGHpqPQ]\([a-z]\)", text):
        return ("sym", text)
    try:
        return parse(side)
    except Unreadable:
        return None


def _set_algebra(text: list[Token]) -> Answer:
    unions = _split(text, {"\\cup"})
    if len(unions) > 1:
        items = tuple(_structure(part) for part in unions)
        if all(isinstance(item, Set) for item in items):
            return Set(_flat(tuple(List(item.items) for item in items if isinstance(item, Set))))
        found = regions.union(items)
        if found is not None:
            return found
        raise Unreadable
    intersections = _split(text, {"\\cap"})
    if len(intersections) > 1:
        found = regions.intersection(tuple(_structure(part) for part in intersections))
        if found is not None:
            return found
        raise Unreadable
    sides = _split(text, {"\\setminus"})
    if len(sides) == 2:
        left, right = _structure(sides[0]), _structure(sides[1])
        if isinstance(right, Set) and all(isinstance(item, Value) for item in right.items):
            points = [item.tree for item in right.items if isinstance(item, Value)]
            found = regions.without(left, points)
            if found is not None:
                return found
    raise Unreadable


def _matrix(text: list[Token]) -> Answer | None:
    begins = [at for at, token in enumerate(text) if token.text.startswith("\\begin ")]
    if len(begins) != 1 or not text[-1].text.startswith("\\end "):
        return None
    factor, text = text[: begins[0]], text[begins[0] :]
    first = text[0]
    name = first.text.removeprefix("\\begin ")
    if not _VECTOR.match(first.text) or name.startswith("vmatrix"):
        raise Unreadable
    inner = text[1:-1]
    if name == "array" and inner and inner[0].text == "{":
        while inner and inner[0].text != "}":
            inner = inner[1:]
        inner = inner[1:]
    inner = [token for token in inner if token.text != "\\hline"]
    rows = [row for row in _split(inner, {"\\\\"}) if row]
    entries = tuple(tuple(_structure(part) for part in _split(row, {"&"})) for row in rows)
    if not entries or len({len(row) for row in entries}) > 1:
        raise Unreadable
    if factor:
        one = Token("number", "1", Fraction(1))
        scale = parse([*factor, one] if factor[-1].text in ("-", "+", "*", "\\cdot") else factor)
        entries = tuple(tuple(_scaled(scale, entry) for entry in row) for row in entries)
    if len(entries[0]) == 1 and len(entries) > 1:
        return Tuple(tuple(row[0] for row in entries), False)
    return Matrix(entries)


def _scaled(factor: Expr, entry: Answer) -> Value:
    if not isinstance(entry, Value):
        raise Unreadable
    return Value(("mul", factor, entry.tree))


def _value(text: list[Token]) -> Value:
    value = _scalar(text)
    if not isinstance(value, Value):
        raise Unreadable
    return value


def _scalar(text: list[Token]) -> Answer:
    if not text:
        raise Unreadable
    if len(text) == 1 and text[0].kind in ("text", "word"):
        return _read(clean(text[0].text), True)
    if len(text) == 1 and text[0].text == "\\emptyset":
        return Set(())
    if text[0].text in ("\\mathbb R",) and len(text) == 1:
        return regions.everything()
    rest, unit, percent = units.beside(text)
    tree = parse(rest)
    if has(tree, "deg"):
        bare = _radians(tree)
        if has(bare, "deg"):
            bare = replace(bare, "deg", lambda node: node[1])
            if unit is None:
                unit = units.named("degree")
        tree = bare
    names = symbols(tree)
    if "j" in names and names <= {"j", "pi", "e"} and has(tree, "add"):
        tree = replace(tree, "sym", lambda node: ("sym", "i") if node[1] == "j" else node)
    if has(tree, "pm"):
        return List(tuple(Value(each, unit, percent) for each in _signs(tree)))
    return Value(tree, unit, percent)


_ANGULAR = frozenset("sin cos tan cot sec csc".split())


def _radians(tree: Expr) -> Expr:
    """The tree with degrees inside of sines and the like turned into radians."""
    if tree[0] == "fn" and tree[1] in _ANGULAR:
        turn = ("div", ("sym", "pi"), ("num", Fraction(180)))
        return replace(tree, "deg", lambda node: ("mul", node[1], turn))
    return tuple(_radians(part) if isinstance(part, tuple) else part for part in tree)


def _signs(tree: Expr) -> list[Expr]:
    """All values of a tree with plus-minus: signs go together where a minus-plus is there."""
    nodes = _count(tree)
    if any(sign < 0 for sign in nodes):
        choices = [[way] * len(nodes) for way in (1, -1)]
    elif len(nodes) <= 4:
        choices = [
            [1 if bits >> at & 1 else -1 for at in range(len(nodes))]
            for bits in range(2 ** len(nodes))
        ]
    else:
        raise Unreadable
    return [_signed(tree, iter(ways)) for ways in choices]


def _count(tree: Expr) -> list[int]:
    found = [tree[1]] if tree[0] == "pm" else []
    for part in tree[1:]:
        if isinstance(part, tuple):
            found.extend(_count(part))
    return found


def _signed(tree: Expr, ways: object) -> Expr:
    if tree[0] == "pm":
        way = next(ways) * tree[1]  # type: ignore[call-overload]
        inner = _signed(tree[2], ways)
        return inner if way > 0 else ("neg", inner)
    return tuple(_signed(part, ways) if isinstance(part, tuple) else part for part in tree)
