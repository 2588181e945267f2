"""Donations: who may do what, what waits for whom, signed receipts, and what everybody reads."""
