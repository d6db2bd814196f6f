"""Intervals and contrasts: pure functions of arrays."""
