"""DOOR: background work; each job is safe to run twice and from several processes."""
