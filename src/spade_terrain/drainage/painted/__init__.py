"""Water that is painted: sea, lakes and rivers, and the land that the network is to see beneath the latter."""
