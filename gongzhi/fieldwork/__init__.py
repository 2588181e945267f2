"""Room 9: grids, households, tasks and visits (一线)."""
