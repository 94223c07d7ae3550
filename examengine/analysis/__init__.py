"""Stage 6: statistics; reads only."""
