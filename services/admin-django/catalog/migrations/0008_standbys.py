"""What a reader needs to follow the change feed on a standby."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_version_grows")]

    operations = [
        migrations.RunSQL((SQL / "0008_standbys.sql").read_text()),
    ]
