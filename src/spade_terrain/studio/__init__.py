"""The studio: a server on this machine for the page on which maps are painted and their terrain is seen."""

LOOPBACK = "127.0.0.1"
"""The address that this machine alone reaches."""
PORT = 8642
