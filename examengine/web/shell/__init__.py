"""What all audiences' pages share."""
