"""`make bench`: every measurement; ends with 1 when a target was missed."""

from __future__ import annotations

import sys

from bench import allocation, callups, command, intake, live, routing

reached = [part.measure() for part in (intake, live, command, allocation, routing, callups)]
sys.exit(0 if all(reached) else 1)
