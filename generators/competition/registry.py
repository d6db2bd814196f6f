"""The templates by name. A template is registered by its file in the folder of its subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import isabstract
from pkgutil import walk_packages
from types import MappingProxyType

from clean_bench.errors import UserError
from generators import competition
from generators.competition.template import SUBJECTS, Template
from generators.suggestions import did_you_mean


def _defined() -> Iterator[Template]:
    for folder in SUBJECTS:
        package = import_module(f"{competition.__name__}.{folder}")
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            for member in vars(import_module(module.name)).values():
                concrete = isinstance(member, type) and issubclass(member, Template)
                if concrete and not isabstract(member) and member.__module__ == module.name:
                    yield member()


@cache
def templates() -> Mapping[str, Template]:
    """All templates by name, sorted by subject, level and name."""
    subjects = list(SUBJECTS.values())
    found = sorted(_defined(), key=lambda t: (subjects.index(t.subject), t.level, t.name))
    return MappingProxyType({template.name: template for template in found})


def template_named(name: str) -> Template:
    """The template with that name.

    Raises:
        UserError: if there is none; it lists the closest names.
    """
    known = templates()
    if name not in known:
        raise UserError(f"there is no competition template {name!r}{did_you_mean(name, known)}")
    return known[name]
