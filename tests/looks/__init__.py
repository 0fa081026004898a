"""What every page looks like in every state, judged in a real browser."""
