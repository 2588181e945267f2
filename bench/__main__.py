"""`make bench`: every measurement in turn."""

from __future__ import annotations

from bench import intake

intake.measure()
