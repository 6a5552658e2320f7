"""Actions that enforcement can take against an account: one class and one file each; `actions.py` applies them."""
