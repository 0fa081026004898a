"""The tests. Their folders mirror the code; `python -m tests` runs them with all that they need."""
