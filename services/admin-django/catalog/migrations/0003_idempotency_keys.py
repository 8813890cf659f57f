"""The answers to writes that may be repeated."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_item_history")]

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "principal", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("principal", models.CharField(max_length=150)),
                ("key", models.CharField(max_length=255)),
                ("request_digest", models.BinaryField()),
                ("status", models.SmallIntegerField(null=True)),
                ("headers", models.JSONField(default=dict)),
                ("body", models.BinaryField(default=b"")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "idempotency_keys",
                "indexes": [models.Index(fields=["created_at"], name="idempotency_key_by_age")],
            },
        ),
    ]
