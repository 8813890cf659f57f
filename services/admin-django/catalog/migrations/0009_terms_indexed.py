"""The index of the terms, without which nobody may search them."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("catalog", "0009_terms_filled")]

    operations = [
        # It waits for all transactions that are under way, exports of ten minutes too, and keeps nobody waiting by it.
        migrations.RunSQL("SET lock_timeout = 0"),
        migrations.RunSQL("SET statement_timeout = '20min'"),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS item_by_terms"),  # what an attempt that broke off left
        AddIndexConcurrently("item", GinIndex(fields=["search"], name="item_by_terms")),
        migrations.RunSQL("RESET lock_timeout"),
        migrations.RunSQL("RESET statement_timeout"),
    ]
