"""Families of geometry: areas, volumes and perimeters."""
