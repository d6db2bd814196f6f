"""Scoring: completions of a checkpoint on problem sets, their verdicts and their averages."""
