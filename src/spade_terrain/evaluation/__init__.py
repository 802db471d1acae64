"""Evaluation: how close generated terrain is to real terrain, in figures and pictures.

From top to bottom: `options` are what is asked for, `crops` draws places of real patches, `generated` makes the map of
each place again and measures both terrains (`measures/`), `figures` compares the two sets of measures, each distance
beside that of real terrain to real terrain (`real_baseline`), `evaluate` runs all this, and `report/` shows it.

`painted/` measures what a model keeps of maps that people paint, and `rank` makes a page for people to judge by.
"""
