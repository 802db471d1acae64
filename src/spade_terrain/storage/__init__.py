"""Files that appear whole or not at all, arrays in files, journals and locks."""
