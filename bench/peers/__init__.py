"""Small programs that do with a Python library what NautScan does: peers of the file benchmark."""
