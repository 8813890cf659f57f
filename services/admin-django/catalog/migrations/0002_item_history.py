"""Who changed which item, when, from what, to what; for every writer."""

from pathlib import Path

import django.db.models.functions.datetime
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ItemHistory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item_id", models.BigIntegerField()),
                ("version", models.BigIntegerField()),
                ("op", models.CharField(choices=[("I", "created"), ("U", "changed"), ("D", "deleted")], max_length=1)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("actor", models.TextField()),
                ("action", models.UUIDField(null=True)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
            ],
            options={
                "verbose_name_plural": "item history",
                "db_table": "item_history",
                "indexes": [
                    models.Index(fields=["item_id", "id"], name="item_history_by_item"),
                    models.Index(
                        condition=models.Q(("action__isnull", False)), fields=["action"], name="item_history_by_action"
                    ),
                ],
            },
        ),
        migrations.RunSQL((SQL / "0002_history.sql").read_text()),
    ]
