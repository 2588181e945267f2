"""Exercises: a scenario played in a house of its own, with robots for the teams that are absent."""
