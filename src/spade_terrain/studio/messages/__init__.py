"""JSON that page and server send each other: the header of each container, jobs, what the model can do, errors.

`/api/openapi.json` is made of these, and the page's types of that.
"""
