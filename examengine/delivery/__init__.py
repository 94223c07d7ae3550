"""Stage 3: attempts, the journal of saves, responses."""
