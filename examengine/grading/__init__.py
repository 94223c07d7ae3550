"""Stage 4: scores, marking by several people, resolution."""
