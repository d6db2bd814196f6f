"""Settings are described from their models, and a rejected key comes with close ones."""

from __future__ import annotations

import tomllib
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clean_bench.engines.open import EngineConfig
from clean_bench.experiments.recipe import Recipe
from clean_bench.scoring.config import ScoreConfig
from clean_bench.settings import describe_settings, did_you_mean, explain
from trainers.config import TrainConfig


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    learning_rate: float = Field(default=0.1, gt=0, json_schema_extra={"source": "a paper"})
    """How far a step goes."""
    names: tuple[str, ...] = ("a", "b")


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    kind: Literal["x", "y"] | None = None
    seeds: list[Annotated[int, Field(ge=0)]] = []
    inner: Inner = Inner()
    several: list[Inner] = []


def test_types_defaults_and_bounds_are_those_of_the_model() -> None:
    rows = {row.name: row for row in describe_settings(Outer, "r.")}
    assert [(row.type, row.default) for row in rows.values()] == [
        ("text", ""),
        ("x | y", "none"),
        ("list of integer ≥ 0", "[]"),
        ("table", ""),
        ("number > 0", "0.1"),
        ("list of text", '["a", "b"]'),
        ("list of tables", ""),
        ("number > 0", "0.1"),
        ("list of text", '["a", "b"]'),
    ]
    assert list(rows)[4:6] == ["r.inner.learning_rate", "r.inner.names"]
    assert rows["r.several[].learning_rate"].meaning == "How far a step goes."
    assert rows["r.several[].learning_rate"].source == "a paper"


def test_every_key_of_a_recipe_has_a_meaning() -> None:
    assert [row.name for row in describe_settings(Recipe) if not row.meaning] == []


@pytest.mark.parametrize("model", [TrainConfig, EngineConfig, ScoreConfig])
def test_defaults_are_toml_and_every_setting_has_a_meaning(model: type[BaseModel]) -> None:
    for row in describe_settings(model):
        assert row.meaning, row.name
        if row.name not in model.model_fields:
            continue
        field = model.model_fields[row.name]
        if row.default not in ("", "none"):
            value = tomllib.loads(f"x = {row.default}")["x"]
            expected = field.get_default(call_default_factory=True)
            assert value == (list(expected) if isinstance(expected, tuple) else expected)
        else:
            assert field.is_required() or field.default is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"titel": "t"}, "unknown key 'titel': did you mean title?"),
        ({"title": "t", "inner": {"lr": 1}}, "unknown key 'inner.lr': did you mean learning_rate?"),
        (
            {"title": "t", "several": [{}, {"nmaes": 1}]},
            "unknown key 'several.1.nmaes': did you mean names?",
        ),
        (
            {"title": "t", "inner": {"zzz": 1}},
            "unknown key 'inner.zzz': expected one of learning_rate, names",
        ),
    ],
)
def test_an_unknown_key_lists_close_ones(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(values)
    assert explain(caught.value, Outer) == message


def test_several_close_names_are_all_given() -> None:
    assert did_you_mean("clip", ["clip_low", "clip_high", "seed"]) in (
        "did you mean clip_low or clip_high?",
        "did you mean clip_high or clip_low?",
    )
