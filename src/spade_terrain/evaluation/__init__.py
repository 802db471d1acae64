"""Evaluation: how close generated terrain is to real terrain, in figures and pictures."""
