"""Browsing a category in any order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_change_feed")]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["category", "name", "id"], name="item_by_category_name"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["category", "price", "id"], name="item_by_category_price"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["category", "updated_at", "id"], name="item_by_category_updated_at"),
        ),
    ]
