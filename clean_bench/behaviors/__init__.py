"""Behaviors: properties of completions beside correctness, from the samples that are stored."""
