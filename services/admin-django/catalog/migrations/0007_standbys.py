"""What a reader needs to follow the change feed on a standby."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_item_indexes")]

    operations = [
        migrations.RunSQL((SQL / "0007_standbys.sql").read_text()),
    ]
