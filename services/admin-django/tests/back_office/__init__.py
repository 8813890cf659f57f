"""The back office beyond single items; those are in test_admin.py."""
