"""What land is like and how it wears: classes, erosion, uplift."""
