"""The networks: generator, shadow generator, discriminator and the perceptual loss's feature extractor."""
