"""Labels to a `Terrain`: the model, its windows, and the job on disk. Needs numpy and onnxruntime, never torch."""
