"""What drained land is like, in figures that hold for real land, too."""
