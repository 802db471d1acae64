"""What is measured of one piece of terrain, real or fake: each module one measure, from arrays to numbers."""
