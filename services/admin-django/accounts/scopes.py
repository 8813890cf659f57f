"""What a token allows, by the groups of its user."""

from django.contrib.auth.models import User

SCOPES = {
    "viewer": frozenset({"items:read"}),
    "editor": frozenset({"items:read", "items:write", "imports:write"}),
    "manager": frozenset({"items:read", "items:write", "imports:write"}),  # more than an editor in the admin only
}


def scopes_of(user: User) -> frozenset[str]:
    """Return the scopes of the user's groups together; a superuser has all there are."""
    groups = SCOPES if user.is_superuser else user.groups.values_list("name", flat=True)
    return frozenset().union(*(SCOPES.get(group, frozenset()) for group in groups))
