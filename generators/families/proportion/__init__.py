"""Families of proportion: percentages and ratios."""
