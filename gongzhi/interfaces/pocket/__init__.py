"""The phone page of whoever works at the doors: one column, big targets, one thumb."""
