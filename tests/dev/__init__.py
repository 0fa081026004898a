"""Tests of `./dev`: the bootstrap, the supervisor and the test runner."""
