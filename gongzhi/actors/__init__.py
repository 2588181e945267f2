"""Room 2: who takes part, at which tier, with which power (主体与权责)."""
