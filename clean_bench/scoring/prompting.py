"""The prompts of a score: its templates, with system message and worked examples filled in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from clean_bench import prompts
from clean_bench.errors import UserError
from clean_bench.prompts import AUTO, Example, Template
from clean_bench.prompts.templates import check_definition, is_template_file, read_template

_LONGEST_NOTE = 60
"""Characters of a system prompt that a protocol shows."""
_UNDECIDED = Template(AUTO, "")
"""In place of `auto`: neither of its templates has examples of its own."""


@dataclass(frozen=True)
class Prompting:
    """Fields of `ScoreConfig` that decide prompts."""

    definitions: Mapping[str, Template]
    system: str | None
    count: int | None
    """Number of examples; None for that of each template."""
    source: str
    """The set that the examples are taken from."""
    examples: Sequence[Example]

    def template(self, name: str) -> Template:
        """The template of a name, complete once the examples are chosen."""
        template = self._defined(name)
        if self.system is not None:
            template = replace(template, system=self.system)
        count = self.shots(name)
        if self.examples and count:
            return replace(template, examples=tuple(self.examples[:count]))
        kept = None if self.count is None else self.count
        return replace(template, examples=template.examples[:kept])

    def shots(self, name: str) -> int:
        """The number of examples that a template takes from a set."""
        return self._defined(name).shots if self.count is None else self.count

    def check(self, name: str) -> None:
        """Raise `UserError` if a template cannot be filled, whatever the tokenizer."""
        template = self._defined(name)
        if self.system is not None and name != AUTO and not template.chat:
            raise UserError(
                f"--system-prompt: template {name} is a plain prompt without a system message; expected "
                "a chat template, or leave --system-prompt out"
            )
        count = self.shots(name)
        if count > len(template.examples) and not (self.source or self.examples):
            raise UserError(
                f"--template {name}: expected --fewshot-from with the training set that its {count} "
                "examples are taken from, such as math-train; --num-fewshot 0 has no examples"
            )

    def note(self) -> str:
        """What the prompts have beside built-in templates, for the protocol; empty for nothing.

        The start of a hash tells apart templates, system prompts and examples of the same name.
        """
        parts = [
            f"template {name} ({_digest(repr(replace(template, special_tokens=None)))})"
            for name, template in self.definitions.items()
        ]
        if self.system is not None:
            shown = repr(self.system)
            if len(self.system) > _LONGEST_NOTE:
                shown = f"{self.system[:_LONGEST_NOTE]!r}... ({_digest(self.system)})"
            parts.append(f"system prompt {shown}")
        if self.source:
            shots = "few-shot" if self.count is None else f"{self.count}-shot"
            parts.append(f"{shots} from {self.source} ({_digest(repr(self.examples))})")
        return ", ".join(parts)

    def _defined(self, name: str) -> Template:
        if name == AUTO:
            return _UNDECIDED
        return self.definitions.get(name) or prompts.template_named(name)


def read_definitions(
    names: Sequence[str], definitions: Mapping[str, Template]
) -> tuple[tuple[str, ...], dict[str, Template]]:
    """Names of templates, with those of files shortened, and definitions with these templates added.

    Raises:
        UserError: for an unknown name, a file without a template, a definition that gives no prompt, or
            two templates of one name.
    """
    short, known = [], dict(definitions)
    for name, template in known.items():
        check_definition(template, name, f"definitions.{name}")
    for name in names:
        if name not in known and is_template_file(name):
            template = read_template(name)
            if template.name in known:
                raise UserError(
                    f"--template {name}: another template is named {template.name}; rename the file"
                )
            known[template.name] = template
            name = template.name
        elif name not in known:
            prompts.check_template(name)
        short.append(name)
    return tuple(short), known


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
