"""Pictures and height maps of every format."""
