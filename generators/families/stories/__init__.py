"""Families of word problems: stories, measures, one-sentence problems."""
