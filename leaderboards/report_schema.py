"""What one run found: the plain data that every table, chart and sentence of its report is made of.

The pipeline fills a `RunReport`; nothing here computes a number. Accuracies, shares and gains are
fractions (0..1, gains -1..1), every interval is 95%, and every field goes through JSON unchanged.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, is_dataclass
from types import NoneType, UnionType
from typing import (
    Any,
    ClassVar,
    Literal,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from clean_bench.errors import UserError
from clean_bench.statistics.estimate import Estimate

Role = Literal["planted", "twin", "fresh", "public"]
T = TypeVar("T")


@dataclass(frozen=True)
class SetInfo:
    """A problem set that the run scored.

    `role`: "planted" (in the checkpoint's training text on purpose), "twin" (drawn like the planted
    problems and never planted), "fresh" (generated) or "public" (a benchmark on which nobody knows
    what was seen). `bits` is the least number of bits of an item's computation, `freshness_label`
    what follows from it ("fresh" at 60 bits or more, else "skill"), both None where nothing was
    generated. `bound` says that the set was drawn from the hashes of the checkpoints it measures.
    """

    name: str
    role: Role
    n: int
    description: str = ""
    freshness_label: Literal["fresh", "skill"] | None = None
    bits: float | None = None
    bound: bool = False


@dataclass(frozen=True)
class ProbeRow:
    """How much of one set a checkpoint completes from a prefix.

    `checkpoint` is "base" or the name of an arm, `prefix` the fraction of a problem's text that was
    shown, `floor` what a look-up without any model reaches on the same cuts.
    """

    checkpoint: str
    set: str
    prefix: float
    exact_match: Estimate
    rouge_l: Estimate
    floor: Estimate | None = None


@dataclass(frozen=True)
class DoseRow:
    """Exact match of the base checkpoint on problems planted `dose` times (0: the twin)."""

    dose: int
    prefix: float
    exact_match: Estimate


@dataclass(frozen=True)
class ArmScore:
    """One set before and after an arm's training; `gain` is paired by problem.

    `before`, `after` and `gain` are mean accuracies over `samples_per_problem` sampled completions;
    the greedy ones are those of a single completion at temperature 0.
    """

    set: str
    before: Estimate
    after: Estimate
    gain: Estimate
    greedy_before: Estimate | None = None
    greedy_after: Estimate | None = None
    greedy_gain: Estimate | None = None


@dataclass(frozen=True)
class Contrast:
    """A difference between two gains.

    `key` is one of the constants below or a name of the pipeline's own; `label` says in words which
    gain minus which. A contrast that is no headline is shown as descriptive, with its `note`.
    """

    PLANTED_MINUS_TWIN: ClassVar[str] = "planted-minus-twin"
    PLANTED_MINUS_FRESH: ClassVar[str] = "planted-minus-fresh"
    FLAGGED_MINUS_UNFLAGGED: ClassVar[str] = "flagged-minus-unflagged"
    TRUTH_MINUS_ARM: ClassVar[str] = "truth-minus-arm"

    key: str
    label: str
    estimate: Estimate
    headline: bool = True
    note: str = ""


@dataclass(frozen=True)
class Arm:
    """One reward under one objective: what its training did.

    `curves` maps the name of a metric to one value per step (the mean over seeds; None where a step
    has none). `verdict` is set by `leaderboards.conclusions.with_verdicts`.
    """

    name: str
    reward: str
    steps: int
    seeds: int
    scores: tuple[ArmScore, ...]
    contrasts: tuple[Contrast, ...] = ()
    curves: dict[str, tuple[float | None, ...]] = field(default_factory=dict)
    verdict: str = ""

    def score(self, name: str) -> ArmScore | None:
        """The score on the set of this name, if the arm has one."""
        return next((score for score in self.scores if score.set == name), None)

    def contrast(self, key: str) -> Contrast | None:
        """The first contrast under this key, if the arm has one."""
        return next((contrast for contrast in self.contrasts if contrast.key == key), None)


@dataclass(frozen=True)
class Ceiling:
    """Share of a set's problems that the base checkpoint solves at least once in `k` samples."""

    set: str
    best_of_k: Estimate
    k: int


@dataclass(frozen=True)
class RunReport:
    """One run.

    `planted_here` is false where a planted set was planted in another checkpoint: the control that
    has read none of it. `card` says what the checkpoint is (of an organism: what was planted),
    `training` in a sentence or two what the arms have in common (data, learning rate, what differs),
    `limits` what the run
    cannot show, `provenance` names and values to print as they are (versions, hashes, engine;
    no times, so that a report of the same numbers is the same bytes).
    """

    title: str
    model: str
    card: str
    sets: tuple[SetInfo, ...]
    arms: tuple[Arm, ...]
    samples_per_problem: int
    probe: tuple[ProbeRow, ...] = ()
    doses: tuple[DoseRow, ...] = ()
    ceiling: tuple[Ceiling, ...] = ()
    training: str = ""
    planted_here: bool = True
    limits: tuple[str, ...] = ()
    provenance: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        value = _plain(asdict(self))
        assert isinstance(value, dict)
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """The report from what `to_json` gave.

        Raises:
            UserError: if a field is missing, unknown or of another type; the field is named.
        """
        return _read(cls, value, "report")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _read(kind: type[T], value: Any, where: str) -> T:
    """A dataclass from its JSON object, by its annotations."""
    if not isinstance(value, dict):
        raise UserError(f"{where}: expected an object, found {type(value).__name__}")
    hints = get_type_hints(kind)
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for name in value:
        if name not in names:
            raise UserError(f"{where}: unknown field {name!r} (known: {', '.join(names)})")
    given = {name: _convert(hints[name], value[name], f"{where}.{name}") for name in value}
    try:
        return kind(**given)
    except TypeError as error:
        raise UserError(f"{where}: {str(error).split('() ')[-1]}") from None


def _convert(hint: Any, value: Any, where: str) -> Any:
    """A JSON value as the annotated type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if value is None and NoneType in arguments:
            return None
        [inner] = [argument for argument in arguments if argument is not NoneType]
        return _convert(inner, value, where)
    if is_dataclass(hint) and isinstance(hint, type):
        return _read(hint, value, where)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_convert(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: _convert(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is Literal and value in arguments:
        return value
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if hint in (str, int, bool) and type(value) is hint:
        return value
    name = getattr(hint, "__name__", str(hint))
    wanted = " or ".join(map(repr, arguments)) if origin is Literal else name
    raise UserError(f"{where}: expected {wanted}, found {value!r:.60}")
