"""What templates call beyond includes: a tag for each thing that a page cannot say with one."""
