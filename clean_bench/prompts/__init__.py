"""Prompts: templates, worked examples before the problem (`fewshot`), and their rendering."""

from clean_bench.prompts.fewshot import Example
from clean_bench.prompts.render import Prompt, plain_prompt, render_prompt, resolve_template
from clean_bench.prompts.templates import AUTO, TEMPLATES, Template, check_template, template_named

__all__ = [
    "AUTO",
    "TEMPLATES",
    "Example",
    "Prompt",
    "Template",
    "check_template",
    "plain_prompt",
    "render_prompt",
    "resolve_template",
    "template_named",
]
