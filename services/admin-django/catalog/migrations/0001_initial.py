"""The catalog: categories, items, and what the database does by itself for every writer."""

from pathlib import Path

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

import catalog.models

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL((SQL / "0001_search.sql").read_text()),
        migrations.CreateModel(
            name="Category",
            fields=[
                (
                    "slug",
                    models.CharField(
                        db_collation="C",
                        help_text="Part of addresses; it can never be changed.",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9-]{1,64}$", "Use 1–64 lower-case letters, digits and hyphens."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100)),
            ],
            options={
                "verbose_name_plural": "categories",
                "db_table": "categories",
                "ordering": ["slug"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("slug__regex", "^[a-z0-9-]{1,64}$")), name="category_slug_form"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="category_name_not_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_collation="C", max_length=100)),
                (
                    "description",
                    models.TextField(
                        blank=True, default="", validators=[django.core.validators.MaxLengthValidator(100000)]
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=2, max_digits=10, validators=[django.core.validators.MinValueValidator(0)]
                    ),
                ),
                ("sku", models.CharField(blank=True, max_length=64, null=True)),
                ("version", models.BigIntegerField(db_default=0, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=catalog.models.ItemWords("name", "description"),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        db_column="category",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="catalog.category",
                    ),
                ),
            ],
            options={
                "db_table": "items",
                "indexes": [
                    models.Index(fields=["name", "id"], name="item_by_name"),
                    models.Index(fields=["price", "id"], name="item_by_price"),
                    models.Index(fields=["updated_at", "id"], name="item_by_updated_at"),
                    models.Index(fields=["category", "id"], name="item_by_category"),
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="item_by_search"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="item_name_not_empty"),
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0), ("price__lt", 100000000)), name="item_price_range"
                    ),
                    models.CheckConstraint(condition=models.Q(("sku", ""), _negated=True), name="item_sku_not_empty"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("description"), 100000
                        ),
                        name="item_description_length",
                    ),
                    models.UniqueConstraint(fields=("sku",), name="item_sku_unique"),
                ],
            },
        ),
        migrations.RunSQL((SQL / "0001_triggers.sql").read_text()),
    ]
