"""A version grows also where an id is made again while it is being deleted."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_left_category")]

    operations = [
        migrations.RunSQL((SQL / "0007_version_grows.sql").read_text()),
    ]
