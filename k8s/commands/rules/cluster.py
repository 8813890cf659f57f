"""CloudNativePG's Cluster, which no schema here knows: what we use of it, and what the services need of it.

Fields as in its documentation, https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1/.
"""

import base64
import re
from collections.abc import Iterator, Sequence

from k8s.commands.kustomize import FOLDER, Object
from k8s.commands.rules.parts import of_kind

FIELDS = {
    "spec": {
        "imageName", "instances", "primaryUpdateStrategy", "enablePDB", "inheritedMetadata", "affinity", "bootstrap",
        "managed", "postgresql", "storage", "walStorage", "resources", "priorityClassName",
    },
    "initdb": {
        "database", "owner", "secret", "encoding", "locale", "localeProvider", "builtinLocale",
        "postInitApplicationSQL",
    },
    "role": {"name", "ensure", "login", "connectionLimit", "passwordSecret"},
}  # fmt: skip
OPERATORS_OWN = {f"app.kubernetes.io/{name}" for name in ("name", "component", "instance", "managed-by", "version")}
ROLES = {"admin_django", "simple_flask", "api_fastapi"}
MAJOR = "18"


def _limits() -> str:
    """Return the statement of services/admin-django/database/limits.sql, without what is said above it."""
    text = (FOLDER.parent / "services/admin-django/database/limits.sql").read_text(encoding="utf-8")
    return text[text.index("DO $$") :]


def is_as_the_services_need_it(objects: Sequence[Object]) -> Iterator[str]:
    """Roles with their passwords, the words in Postgres' own locale, standbys, and what it may use."""
    secrets = {each["metadata"]["name"]: each for each in of_kind(objects, "Secret")}
    for cluster in of_kind(objects, "Cluster"):
        spec = cluster["spec"]
        initdb, roles = spec["bootstrap"]["initdb"], spec["managed"]["roles"]
        for what, found in (("spec", spec), ("initdb", initdb), *(("role", role) for role in roles)):
            if set(found) - FIELDS[what]:
                yield f"{what} has {', '.join(sorted(set(found) - FIELDS[what]))}, which is no field of it or not ours"
        if cluster["apiVersion"] != "postgresql.cnpg.io/v1":
            yield f"its version is {cluster['apiVersion']}"
        for label in sorted(OPERATORS_OWN & set(spec["inheritedMetadata"]["labels"])):
            yield f"its pods and volumes inherit {label}, which the operator writes itself"
        if not re.fullmatch(rf".+:{MAJOR}(\.\d+)?-[a-z]+-[a-z]+", spec["imageName"]):
            yield f"its image {spec['imageName']} is not of Postgres {MAJOR}"
        if spec["instances"] < 3 or spec["enablePDB"] is not True:
            yield "it does not outlive a node while another is being emptied"
        if (initdb["database"], initdb["owner"]) != ("triptych", "triptych_owner"):
            yield f"its database {initdb['database']} is {initdb['owner']}'s"
        if (initdb["encoding"], initdb["localeProvider"], initdb["builtinLocale"]) != ("UTF8", "builtin", "C.UTF-8"):
            yield "its words are not those of the other ways to run this"
        if initdb["postInitApplicationSQL"] != [_limits()]:
            yield "it does not run database/limits.sql as the superuser: a role may take locks and disk from the others"
        if {role["name"] for role in roles} != ROLES or any(role["login"] is not True for role in roles):
            yield f"its roles are {[role['name'] for role in roles]}"
        named = [("triptych_owner", initdb["secret"]["name"])]
        named += [(role["name"], role["passwordSecret"]["name"]) for role in roles]
        for role_name, secret in named:
            data = secrets.get(secret, {}).get("data", {})
            if base64.b64decode(data.get("username", "")).decode() != role_name or not data.get("password"):
                yield f"the password of {role_name} is not in {secret}"
        if "size" not in spec["storage"] or set(spec["resources"]["requests"]) != {"cpu", "memory"}:
            yield "it does not say what it needs"
