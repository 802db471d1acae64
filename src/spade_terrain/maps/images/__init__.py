"""Image files, of every kind that people have, to pixels."""
