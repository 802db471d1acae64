"""What a person knows of the land's heights, in whatever file, to rough heights of the map."""
