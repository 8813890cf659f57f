"""DATABASE_URL may name several servers, of which the one that takes writes is used."""

import os

from config.settings import database
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg.conninfo import conninfo_to_dict


def test_the_server_that_takes_writes_is_found_behind_one_that_is_away() -> None:
    url = os.environ["TRIPTYCH_DATABASE_URL"]
    parts = conninfo_to_dict(url)
    here = f"{parts['host']}:{parts['port']}"
    several = url.replace(here, f"127.0.0.1:1,{here}") + "?target_session_attrs=read-write"
    wrapper = DatabaseWrapper(connections["default"].settings_dict | database(several))
    options = wrapper.get_connection_params()
    assert options["target_session_attrs"] == "read-write"
    with wrapper.get_new_connection(options) as connection:
        assert str(connection.info.port) == str(parts["port"])
