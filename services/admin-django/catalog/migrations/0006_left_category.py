"""The change feed tells which category an item has left."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_item_indexes")]

    operations = [
        migrations.RunSQL((SQL / "0006_left_category.sql").read_text()),
    ]
