"""Room 5: incidents and what they mean (研判)."""
