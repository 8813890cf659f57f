"""The signing keys, and the logins that can be prolonged."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                ("kid", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("private_key", models.TextField()),
                ("public_key", models.BinaryField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("signs_from", models.DateTimeField(null=True)),
                ("verifies_until", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "signing_keys",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.lookups.IsNull(models.F("signs_from"), True),
                        condition=models.Q(("signs_from", None)),
                        name="signing_key_one_next",
                    ),
                    models.UniqueConstraint(
                        django.db.models.lookups.IsNull(models.F("verifies_until"), True),
                        condition=models.Q(("signs_from__isnull", False), ("verifies_until", None)),
                        name="signing_key_one_current",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RefreshToken",
            fields=[
                ("family", models.UUIDField(primary_key=True, serialize=False)),
                ("digest", models.BinaryField()),
                ("password_state", models.CharField(max_length=64)),
                ("expires_at", models.DateTimeField()),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "refresh_tokens",
                "indexes": [models.Index(fields=["expires_at"], name="refresh_token_by_expiry")],
            },
        ),
    ]
