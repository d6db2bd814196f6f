"""The family `percentages`."""
