"""Drainage of maps that memory doesn't hold: tiles that are worked on alone, and what they have to tell each other.

Where water goes is the minimum spanning tree of the pixels, and a tile can tell which of its edges may be in it. So
`tile.summarize` makes a small summary of each tile, `graph.solve` joins them, `tile.finish` routes each tile, and
`flow` adds up what flows: the same to the bit, however the map is divided.
"""
