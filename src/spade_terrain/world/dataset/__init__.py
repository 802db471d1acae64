"""The training set as files: a folder of patches, or one packed file. Loading takes only NumPy and OpenCV."""
