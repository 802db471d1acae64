"""What people paint, in whatever file, to labels: colours, legends, georeferences, Azgaar's exports, upscaling."""
