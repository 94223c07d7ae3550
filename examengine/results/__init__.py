"""Stage 5: the ledger of official results and their release."""
