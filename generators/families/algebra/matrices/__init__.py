"""The family `matrices`."""
