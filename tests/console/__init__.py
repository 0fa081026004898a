"""The console's pages as a browser without JavaScript, and htmx, get them."""
