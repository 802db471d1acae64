"""GAN training: configuration, losses, balance, loop, checkpoints and the export to ONNX."""
