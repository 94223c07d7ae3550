"""Stage 9: the operator's record, pulled from the rooms before it."""
