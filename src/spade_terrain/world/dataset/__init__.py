"""The training set as files: patches in a folder, or one packed file."""
