"""Enforcement: policies, actions, reviewers and appeals. Only this package writes the status of an account."""
