"""Where the blocks of a large map are made, and where they lie until its files are written."""
