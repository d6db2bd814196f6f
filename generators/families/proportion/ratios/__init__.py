"""The family `ratios`."""
