"""What `?q=` finds: the terms of an item, in a column beside the one that the release before reads."""

from pathlib import Path

from django.contrib.postgres.search import SearchVectorField
from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_standbys")]

    operations = [
        migrations.RunSQL(
            (SQL / "0009_terms.sql").read_text(),
            state_operations=[  # the old column and its index stay until no code of the release before runs
                migrations.RemoveIndex("item", "item_by_search"),
                migrations.RemoveField("item", "search"),
                migrations.AddField("item", "search", SearchVectorField(db_column="terms", editable=False, null=True)),
            ],
        ),
    ]
