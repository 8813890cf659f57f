"""Browsing a category in any order."""

from django.db import migrations, models

# Writes wait while each index is built, about two seconds at a million items, which is within their patience; a build
# that does not block them can fail and leave an invalid index behind, on which the next attempt would stumble.
WHY = "short enough at the sizes this is made for, and all or nothing"


class Migration(migrations.Migration):
    ignores = {"CREATE_INDEX": WHY, "require-concurrent-index-creation": WHY}
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
