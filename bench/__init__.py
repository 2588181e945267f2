"""Measurements, always side by side with the alternative a user would pick, in one run."""
