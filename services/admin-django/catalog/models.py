"""Items and categories. Every rule is also a constraint of the database: other writers must not get round it.

`version`, `updated_at` and `search` are set by triggers for whoever writes; see `sql/0001_triggers.sql` and
`sql/0009_terms.sql`.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual

SLUG = r"^[a-z0-9-]{1,64}$"
DESCRIPTION_LENGTH = 100_000


class ItemWords(Func):
    """The words of a name and a description, as the first releases found them; migration 0001 names it."""

    function = "item_words"
    output_field = SearchVectorField()


class Category(models.Model):
    """A shelf of the catalog. Its slug is its key, so that an item's row holds the slug and reads need no join."""

    slug = models.CharField(
        max_length=64,
        primary_key=True,
        db_collation="C",
        validators=[RegexValidator(SLUG, "Use 1–64 lower-case letters, digits and hyphens.")],
        help_text="Part of addresses; it can never be changed.",
    )
    name = models.CharField(max_length=100)

    class Meta:
        db_table = "categories"
        ordering = ["slug"]
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(condition=Q(slug__regex=SLUG), name="category_slug_form"),
            models.CheckConstraint(condition=~Q(name=""), name="category_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name


class Item(models.Model):
    """Something in the catalog, with its price."""

    name = models.CharField(max_length=100, db_collation="C")
    description = models.TextField(blank=True, default="", validators=[MaxLengthValidator(DESCRIPTION_LENGTH)])
    price = models.DecimalField(max_digits=10, decimal_places=2, validators=[MinValueValidator(0)])
    sku = models.CharField(max_length=64, null=True, blank=True)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, db_column="category", db_index=False, related_name="items"
    )
    version = models.BigIntegerField(db_default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    search = SearchVectorField(db_column="terms", editable=False, null=True)

    class Meta:
        db_table = "items"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="item_name_not_empty"),
            # NaN is a numeric and greater than every number: only the upper bound keeps it out
            models.CheckConstraint(condition=Q(price__gte=0, price__lt=10**8), name="item_price_range"),
            models.CheckConstraint(condition=~Q(sku=""), name="item_sku_not_empty"),
            # a tsvector holds at most 1 MiB
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("description"), DESCRIPTION_LENGTH),
                name="item_description_length",
            ),
            models.UniqueConstraint(fields=["sku"], name="item_sku_unique"),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="item_by_name"),
            models.Index(fields=["price", "id"], name="item_by_price"),
            models.Index(fields=["updated_at", "id"], name="item_by_updated_at"),
            models.Index(fields=["category", "id"], name="item_by_category"),
            models.Index(fields=["category", "name", "id"], name="item_by_category_name"),
            models.Index(fields=["category", "price", "id"], name="item_by_category_price"),
            models.Index(fields=["category", "updated_at", "id"], name="item_by_category_updated_at"),
            GinIndex(fields=["search"], name="item_by_terms"),
        ]

    def __str__(self) -> str:
        return self.name


class ItemHistory(models.Model):
    """One change of one item by any writer; written by triggers only, see `sql/0002_history.sql`."""

    class Operation(models.TextChoices):
        INSERT = "I", "created"
        UPDATE = "U", "changed"
        DELETE = "D", "deleted"

    item_id = models.BigIntegerField()  # not a foreign key: the history outlives the item
    version = models.BigIntegerField()
    op = models.CharField(max_length=1, choices=Operation)
    at = models.DateTimeField(db_default=Now())
    actor = models.TextField()
    action = models.UUIDField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        db_table = "item_history"
        verbose_name_plural = "item history"
        indexes = [
            models.Index(fields=["item_id", "id"], name="item_history_by_item"),
            models.Index(fields=["action"], name="item_history_by_action", condition=Q(action__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"item {self.item_id} {self.get_op_display()} by {self.actor}"


class IdempotencyKey(models.Model):
    """The answer that was given to a write, for the client that repeats it under the same key."""

    pk = models.CompositePrimaryKey("principal", "key")
    principal = models.CharField(max_length=150)
    key = models.CharField(max_length=255)
    request_digest = models.BinaryField()
    status = models.SmallIntegerField(null=True)  # null only inside the transaction that is still at work
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "idempotency_keys"
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_by_age")]
