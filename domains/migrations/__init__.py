"""The models, in the order they came."""
