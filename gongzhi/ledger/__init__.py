"""Room 1 of the river: the tamper-evident record of every deed (共享账本)."""
