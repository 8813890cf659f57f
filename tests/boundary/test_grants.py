"""What the golden file says is what the database has, and nothing beyond it works."""

from collections.abc import Iterator

import psycopg
import pytest
import yaml
from psycopg import sql

from tests.boundary.databases import SERVICE_ROLES, Connection, Server
from tests.boundary.forbidden import BY_ROLE
from tests.boundary.grants import golden, grants
from tests.boundary.scratch import scratch_server
from tests.boundary.tree import ROOT, Tree

CLUSTER = ROOT / "k8s" / "components" / "cloudnative-pg" / "cluster.yaml"
REFUSED = "42501"
VERBS = {
    "SELECT": "SELECT FROM {table}",
    "INSERT": "INSERT INTO {table} DEFAULT VALUES",
    "UPDATE": "UPDATE {table} SET {column} = DEFAULT",
    "DELETE": "DELETE FROM {table}",
    "TRUNCATE": "TRUNCATE {table}",
}
RELATIONS = """
    SELECT relname::text, relkind::text, min(attname::text)
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum = 1
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') GROUP BY 1, 2
"""


def outcome(connection: Connection, statement: str) -> str:
    """Return the SQLSTATE that a statement ends with, or of the warning that it gives; empty when all went well."""
    warnings: list[str] = []
    connection.add_notice_handler(lambda notice: warnings.append(notice.sqlstate or ""))
    try:
        connection.execute(statement.encode())
    except psycopg.Error as error:
        return error.sqlstate or str(error)
    return warnings[0] if warnings else ""


@pytest.fixture(params=SERVICE_ROLES)
def role(request: pytest.FixtureRequest) -> str:
    """Each service's role in turn."""
    return str(request.param)


@pytest.fixture
def connection(server: Server, migrated: str, role: str) -> Iterator[Connection]:
    """A connection as the role."""
    with server.connect(role, migrated) as connection:
        yield connection


def test_the_grants_are_those_of_the_golden_file(superuser: Connection) -> None:
    assert grants(superuser) == golden(), "make snapshot writes it anew; read the difference before you commit it"


def test_the_grants_of_the_running_stack_are_the_same(server: Server) -> None:
    with server.connect("postgres", "triptych") as superuser:
        assert grants(superuser) == golden()


@pytest.mark.parametrize(
    "drift",
    [
        "GRANT SELECT ON auth_user TO api_fastapi",
        "GRANT SELECT (password) ON auth_user TO simple_flask",
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        "GRANT TEMP ON DATABASE {database} TO simple_flask",
        "GRANT EXECUTE ON FUNCTION item_change_record() TO PUBLIC",
        "GRANT SELECT ON items TO simple_flask WITH GRANT OPTION",
        "GRANT triptych_owner TO admin_django",
        "GRANT pg_read_all_data TO simple_flask",
        "GRANT SET ON PARAMETER session_replication_role TO admin_django",
        "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO api_fastapi",
        "GRANT SELECT ON pg_authid TO api_fastapi",
        "ALTER DEFAULT PRIVILEGES FOR ROLE triptych_owner GRANT SELECT ON TABLES TO api_fastapi",
        "ALTER ROLE api_fastapi CREATEROLE",
        "ALTER ROLE api_fastapi SET search_path = mine",
        "ALTER TABLE items OWNER TO admin_django",
        "REVOKE SELECT ON items FROM api_fastapi",
        "CREATE TABLE unnamed (id int)",
        "CREATE TYPE mood AS ENUM ('good')",
        "SELECT lo_create(0)",
        "GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO PUBLIC",
        "ALTER ROLE api_fastapi CONNECTION LIMIT -1",
        "ALTER ROLE api_fastapi RESET temp_file_limit",
    ],
)
def test_no_change_of_a_right_goes_unseen(superuser: Connection, migrated: str, drift: str) -> None:
    with superuser.transaction(force_rollback=True):
        superuser.execute(drift.format(database=migrated).encode())
        assert grants(superuser) != golden()


def test_what_is_forbidden_is_refused(server: Server, migrated: str, role: str, connection: Connection) -> None:
    assert len(BY_ROLE[role]) >= 25
    unexpected = {}
    with server.connect("postgres", migrated) as other:
        known = {"superuser": server.superuser, "database": migrated, "others_pid": str(other.info.backend_pid)}
        for statement, code in BY_ROLE[role].items():
            for name, value in known.items():
                statement = statement.replace(f"{{{name}}}", value)
            came = outcome(connection, statement)
            if came != (code or REFUSED):
                unexpected[statement] = came
    assert unexpected == {}


def test_every_verb_on_every_table_is_refused_unless_the_golden_file_has_it(
    superuser: Connection, role: str, connection: Connection
) -> None:
    granted = {tuple(parts[:2]): parts[-1] for parts in (line.split(": ") for line in golden())}
    unexpected = {}
    for table, kind, column in superuser.execute(RELATIONS).fetchall():
        may = granted.get((f"{'view' if kind == 'v' else 'table'} {table}", role), "").split(", ")
        for verb in VERBS.keys() - {*may, "TRUNCATE" if kind == "v" else ""}:
            form = sql.SQL(VERBS[verb]).format(table=sql.Identifier(table), column=sql.Identifier(column))
            statement = form.as_string(connection)
            came = outcome(connection, statement)
            if came != REFUSED:
                unexpected[statement] = came
    assert unexpected == {}


def test_functions_that_run_as_the_owner_find_only_what_they_mean(superuser: Connection) -> None:
    """A function that takes names from the caller's search path would run the caller's code with the owner's rights."""
    unpinned = superuser.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
        " AND NOT coalesce(proconfig, '{}') && ARRAY['search_path=pg_catalog, public', 'search_path=\"\"']"
    ).fetchall()
    assert unpinned == []


def test_a_role_learns_nothing_of_what_the_others_are_doing(server: Server, migrated: str, role: str) -> None:
    with server.connect("triptych_owner", migrated) as owner, server.connect(role, migrated) as service:
        query = "SELECT query FROM pg_stat_activity WHERE pid = %s"
        assert service.execute(query, [owner.info.backend_pid]).fetchall() == [("<insufficient privilege>",)]


def test_roles_that_an_operator_made_come_to_the_same_rights(present: Tree) -> None:
    cluster = yaml.safe_load(CLUSTER.read_text(encoding="utf-8"))["spec"]
    with scratch_server() as server, server.connect("postgres", "triptych") as operator:
        for role, password in server.passwords.items():
            if role != "postgres":
                making = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                operator.execute(making.format(sql.Identifier(role), sql.Literal(password)))
        operator.execute("ALTER DATABASE triptych OWNER TO triptych_owner")
        assert "run database/limits.sql as the superuser" in present.bootstrap(server, "triptych", roles=False)
        assert set(grants(operator)) != set(golden())

        for statement in cluster["bootstrap"]["initdb"]["postInitApplicationSQL"]:
            operator.execute(statement)
        for role in cluster["managed"]["roles"]:
            limit = sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}")
            operator.execute(limit.format(sql.Identifier(role["name"]), sql.Literal(role["connectionLimit"])))
        assert "limits.sql" not in present.bootstrap(server, "triptych", roles=False)
        assert grants(operator) == golden()
