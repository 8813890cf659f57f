"""Read items out of CSV and JSON files, and write them: `manage.py load_items`."""
