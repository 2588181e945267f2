"""The control room in the browser."""
