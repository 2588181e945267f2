"""Play real data through the whole river, and report what became of every row."""
