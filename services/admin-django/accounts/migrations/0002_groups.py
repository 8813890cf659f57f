"""The groups viewer, editor and manager, and what they may do in the admin; for their tokens see `scopes.py`.

Django makes permissions after all migrations, so the ones that are given here are made here, under the names that it
would use. Not a receiver of post_migrate: that would undo at every release what somebody changed about the groups.
"""

from typing import Any

from django.db import migrations

VIEWER = ["catalog.view_item", "catalog.view_category", "catalog.view_itemhistory"]
# an editor may delete, too: the scope items:write is all that the API asks for
EDITOR = [*VIEWER, "catalog.add_item", "catalog.change_item", "catalog.delete_item"]
MANAGER = [*EDITOR, "catalog.add_category", "catalog.change_category", "catalog.delete_category", "auth.view_user"]
MODEL_NAMES = {"item": "item", "category": "category", "itemhistory": "item history", "user": "user"}


def make_groups(apps: Any, schema_editor: Any) -> None:
    """Make what is missing of groups and permissions."""
    database = schema_editor.connection.alias
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(database)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    groups = apps.get_model("auth", "Group").objects.using(database)
    for name, allowed in {"viewer": VIEWER, "editor": EDITOR, "manager": MANAGER}.items():
        group, _ = groups.get_or_create(name=name)
        for permission in allowed:
            app, codename = permission.split(".")
            action, model = codename.split("_")
            content_type, _ = content_types.get_or_create(app_label=app, model=model)
            given, _ = permissions.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": f"Can {action} {MODEL_NAMES[model]}"}
            )
            group.permissions.add(given)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("catalog", "0002_item_history"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
