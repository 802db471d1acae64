"""What an evaluation found, for people: tables, plots and a page."""
