"""Chaos: the whole console as real processes, killed and cut at random, and afterwards everything counted."""
