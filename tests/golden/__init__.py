"""Captures in, events out: what the engine reports against what is known about captures."""
