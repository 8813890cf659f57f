"""Items from a file, by django-import-export: looked at first, row by row, then written as one action."""
