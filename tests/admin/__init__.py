"""Support's work in the admin."""
