"""Drainage: from a terrain to finer land, with valleys, rivers and lakes (numpy and numba)."""
