"""Actions: what enforcement can do to an account. One file and one class each; `actions.py` carries them out."""
