"""Give the items that are there their terms, a few at a time, beside everybody who reads and writes."""

from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

BATCH = 500  # a write of one of these waits until all have theirs: about a tenth of a second

# The trigger item_terms sets them. What somebody else is about to write gets its terms there.
_FILL = """
    UPDATE items SET terms = DEFAULT WHERE id = ANY (ARRAY(
        SELECT id FROM items WHERE id > %s AND terms IS NULL ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
    )) RETURNING id
"""


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Go through the items once; raise OperationalError where one stays locked, and be called again."""
    connection = schema_editor.connection
    last = -(2**63)
    while True:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('triptych.fills_terms', 'on', true)")
            cursor.execute(_FILL, [last, BATCH])
            filled = [id for (id,) in cursor]
        if not filled:
            break
        last = max(filled)
    with connection.cursor() as cursor:
        # waits as long as a migration may, for one row and with none in hand: nobody can be waiting for this
        cursor.execute("SELECT id FROM items WHERE terms IS NULL ORDER BY id LIMIT 1 FOR NO KEY UPDATE")
        if cursor.fetchone():
            fill(apps, schema_editor)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("catalog", "0009_terms_added")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
