"""The change feed that readers follow."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_idempotency_keys")]

    operations = [
        migrations.RunSQL((SQL / "0004_change_feed.sql").read_text()),
    ]
