r"""Prompt templates: those of `templates.toml`, and files of one's own.

Scores under two templates can differ by twenty points (Qwen2.5-Math-7B on MATH-500: 72.2 raw, 50.6
under its chat template; *Reasoning or Memorization?*, table 4), so every result names its template.

`qwen-default`, `math-problem`, `simplerl`, `sober` and `lorem` are the prompts of *Spurious Rewards*
(table 4, first version), rendered with the checkpoint's chat template. `r1` is its prompt for models
without one. `random-calculation` is the prompt of *Reasoning or Memorization?* for bare expressions.
A template passes a system message only if the table has one; some chat templates then add their own.
The table leaves open whether the lorem ipsum was the system message; here it is the start of the user
message.

A file is a template if its name ends with

    .txt          a plain prompt with `{problem}` once
    .jinja, .j2   a chat template as tokenizers have it, in place of the checkpoint's own
    .toml         the fields of `Template`

and is named in results without that ending.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import read_regular
from clean_bench.foreign_files.toml_text import LARGEST, decode_toml
from clean_bench.prompts.fewshot import Example

AUTO = "auto"
PROBLEM = "{problem}"
_PLAIN, _JINJA, _TOML = (".txt",), (".jinja", ".j2"), (".toml",)
SUFFIXES = (*_PLAIN, *_JINJA, *_TOML)
"""Endings of template files."""
_FORMATS = ("boxed", "<answer>", "####")
"""What a prompt names that asks for a format of the answer."""


@dataclass(frozen=True, slots=True)
class Template:
    r"""A prompt template.

    `text` contains `{problem}` once. With `chat`, `text` is the user message, `system` the optional
    system message, and the checkpoint's chat template renders both, or `chat_template` (Jinja) in its
    place; otherwise `text` is the whole prompt. Generation stops after any string in `stop`, which stays
    in the completion. `gap` separates the prompt from a forced start of the response.

    Worked `examples` come before the problem: blocks of `text` and `response` in a plain prompt,
    earlier turns in a chat. `response` is the layout of their responses
    (`clean_bench.prompts.fewshot`), empty for the worked solution behind `gap`. `shots` is the
    published number of examples.

    `asks_for_format` says whether the prompt asks for a format of the answer, such as a box: the
    headline of a score is then the strict accuracy, else the flexible one. None decides it by the texts
    (`strict`).

    `sha256` is the hash of the file that the template was read from, if there is one. `special_tokens`
    are those that a checkpoint's tokenizer passes to `chat_template`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    text: str
    summary: str = ""
    chat: bool = False
    system: str | None = None
    stop: tuple[str, ...] = ()
    gap: str = ""
    response: str = ""
    shots: int = 0
    examples: tuple[Example, ...] = ()
    chat_template: str | None = None
    sha256: str = ""
    special_tokens: Mapping[str, Any] | None = None
    asks_for_format: bool | None = field(default=None, repr=False)

    @property
    def strict(self) -> bool:
        """Whether the strict accuracy is the headline: the prompt asks for a format, or shows one.

        It does where `asks_for_format` is true; else where its texts name a box or `<answer>`, or worked
        examples come before the problem.
        """
        if self.asks_for_format is not None:
            return self.asks_for_format
        texts = (self.text, self.system or "", self.chat_template or "")
        return bool(self.examples) or any(mark in text for text in texts for mark in _FORMATS)


_ADAPTER = TypeAdapter(Template)

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        name: _ADAPTER.validate_python({"name": name, **fields})
        for name, fields in tomllib.loads(
            files("clean_bench.prompts").joinpath("templates.toml").read_text("utf-8")
        ).items()
    }
)
"""The templates of `templates.toml` by name."""


def template_named(template: str | Template) -> Template:
    """The template of a name; a `Template` is returned as it is.

    Raises:
        UserError: for an unknown name.
    """
    if isinstance(template, Template):
        return template
    check_template(template)
    return TEMPLATES[template]


def check_template(template: str) -> None:
    """Raise `UserError` for a name that is neither `auto` nor a template's."""
    if template != AUTO and template not in TEMPLATES:
        names = ", ".join([AUTO, *TEMPLATES])
        raise UserError(
            f"no template named {template!r}: expected one of {names}, or a file that ends with "
            f"{', '.join(SUFFIXES)}"
        )


def is_template_file(name: str) -> bool:
    """Whether a name is that of a template file, by its ending."""
    return name not in TEMPLATES and name.lower().endswith(SUFFIXES)


def read_template(path: str | Path) -> Template:
    """The template in a file.

    Raises:
        UserError: naming the file, if it cannot be read or holds no template.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"--template {path}: no such file")
    try:
        data = read_regular(path, LARGEST)
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UserError as error:
        raise UserError(f"--template {error}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"--template {path}: expected a file of UTF-8 text ({error})") from None
    if "\0" in text:
        raise UserError(f"--template {path}: expected text, got a NUL character; remove it")
    suffix = path.suffix.lower()
    if suffix in _PLAIN:
        plain = text.removesuffix("\n")
        template = Template(path.stem, plain, gap=_gap(plain))
    elif suffix in _JINJA:
        template = Template(path.stem, PROBLEM, chat=True, chat_template=text)
    else:
        template = _from_toml(text, path)
    check_definition(template, path.stem, f"--template {path}")
    return replace(template, sha256=hashlib.sha256(data).hexdigest())


def _from_toml(text: str, path: Path) -> Template:
    try:
        fields = decode_toml(text, f"--template {path}")
        return _ADAPTER.validate_python({"name": path.stem, **fields})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            raise UserError(f"--template {path}: unknown key {where!r}") from None
        raise UserError(f"--template {path}: {where}: {first['msg']}") from None


def check_definition(template: Template, name: str, where: str) -> None:
    """Check a template that is not a built-in one.

    Args:
        name: the name that it has by its file or key.
        where: the file or the key, for errors.

    Raises:
        UserError: for fields that give no prompt, or the name of a built-in template.
    """
    if name == AUTO or name in TEMPLATES:
        raise UserError(f"{where}: {name} is a built-in template; rename it")
    count = template.text.count(PROBLEM)
    if count != 1:
        raise UserError(f"{where}: expected {PROBLEM} once in the text, got it {count} times")
    if template.name != name:
        raise UserError(f"{where}: name: expected {name!r}, got {template.name!r}; leave it out")
    if not template.chat and (template.system or template.chat_template):
        raise UserError(
            f"{where}: system and chat_template need chat = true; set it or leave them out"
        )
    if "" in template.stop:
        raise UserError(f"{where}: stop: expected texts, got an empty one")


def _gap(text: str) -> str:
    """What separates a plain prompt from its response, from the prompt's last character."""
    if text.endswith(":"):
        return " "
    return "" if text[-1:].isspace() or text.endswith(">") else "\n"
