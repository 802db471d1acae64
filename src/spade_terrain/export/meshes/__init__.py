"""Meshes: OBJ, glTF, STL."""
