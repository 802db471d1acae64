"""The classes of the world's land: clusters that a person named, and the classifier that learned them."""
