"""The history records whatever columns an item has."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_terms_indexed")]

    operations = [
        migrations.RunSQL((SQL / "0010_history_of_rows.sql").read_text()),
    ]
