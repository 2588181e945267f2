"""Room 4: reports, signals and warnings (感知与预警)."""
