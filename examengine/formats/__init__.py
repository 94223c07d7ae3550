"""Formats of question files: text or bytes to and from item drafts."""
