"""GAN training: configuration, data, the training step, runs, checkpoints and the export to ONNX."""
