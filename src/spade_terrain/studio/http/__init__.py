"""HTTP: who may ask, what a body may be, how long a client may take, and the page's own files."""
