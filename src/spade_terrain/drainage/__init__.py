"""Drainage: from a terrain to finer land, with valleys, rivers and lakes (numpy and numba).

`carve.carve` makes land that water has drained; `rivers`, `lakes` and `texture` say what there is on it,
`measures` what it is like beside real land.
"""
