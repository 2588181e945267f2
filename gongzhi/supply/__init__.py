"""Room 8: needs, offers, matching and dispatch (物资)."""
