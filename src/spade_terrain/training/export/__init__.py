"""From a run to a model file, and from a model file to the beginning of a run."""
