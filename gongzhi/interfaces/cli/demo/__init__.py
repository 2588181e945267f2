"""The demo: thirty days of an outbreak in Linjiang, played through the deeds of every room."""
