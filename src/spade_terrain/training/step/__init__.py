"""One training step: what is drawn for it, its losses, and what it changes."""
