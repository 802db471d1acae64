"""The calls that docs/studio.md lists, each a few lines over the modules beside this folder."""
