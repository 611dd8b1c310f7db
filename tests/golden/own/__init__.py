"""Small captures of our own, one edge case each, with the rows that they must give."""
