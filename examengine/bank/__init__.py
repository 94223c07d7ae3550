"""Stage 1: banks, items and their versions, frozen once published."""
