"""What measures speed and load; nothing here is imported by examengine."""
