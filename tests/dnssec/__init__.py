"""Tests of the app of the same name."""
