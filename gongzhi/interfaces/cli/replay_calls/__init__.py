"""Real messages of citizens as calls: a matrix from their categories, clocks from their replies."""
