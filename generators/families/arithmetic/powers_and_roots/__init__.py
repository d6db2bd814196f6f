"""The family `powers-and-roots`."""
