"""Enforcement: what is done about scores. It alone writes the status of an account."""
