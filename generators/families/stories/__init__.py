"""Families whose problems are stories."""
