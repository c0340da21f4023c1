"""What a run knows of its load while it runs: iterations as they are recorded, in windows that slide."""
