"""Scripts for those who develop the engine."""
