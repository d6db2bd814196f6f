"""The family `averages`."""
