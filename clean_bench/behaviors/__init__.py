"""Behaviors: what completions are like besides right or wrong, from what `score` stored."""
