"""Files of Azgaar's Fantasy Map Generator: its cells as a painted map.

The generator divides its map into Voronoi cells of one height and one biome each; its data model is described at
https://github.com/Azgaar/Fantasy-Map-Generator/wiki/Data-model.
"""
