"""Independent pieces of work, in this process, in a pool of processes, or on the workers of a Dask scheduler."""
