"""A run: the training loop, its folder, sample sheets and progress."""
