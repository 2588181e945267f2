"""One re-runnable pass down the river, called by the clock."""
