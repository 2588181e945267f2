"""Room 6: options, decisions, response levels and measures that end (决策)."""
