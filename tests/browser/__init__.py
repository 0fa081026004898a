"""What people do with the console in a real browser, all the way to the registry and back."""
