"""Writers that go on all the time: in SQL, as every release does it, and through the forms of the back office."""

import html
import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.boundary.databases import Server
from tests.http_client import HttpClient, Reply
from tests.threads import Threads


class Writer(Threads):
    """Writes while it is entered; what it was told is written is in `written`, what broke in `errors`."""

    pause = 0.05

    def __init__(self) -> None:
        super().__init__(self._write_on)
        self.written: dict[str, str | None] = {}  # price by name, None where the item was deleted
        self.errors: list[str] = []

    def write(self, number: int) -> None:
        """Write something, and note it in `written`."""
        raise NotImplementedError

    def _write_on(self) -> None:
        number = 0
        while not self.over.wait(self.pause):
            number += 1
            try:
                self.write(number)
            except Exception as error:  # whatever it is, the test is to name it
                self.errors.append(f"write {number}: {error!r}")


class SqlWriter(Writer):
    """Inserts, updates and deletes as admin_django, with the columns that the first release knew and its time-out."""

    def __init__(self, server: Server, database: str) -> None:
        super().__init__()
        self._connection = server.connect("admin_django", database)
        self._connection.execute("SET statement_timeout = 5000")

    def write(self, number: int) -> None:
        """Insert an item; change every second one, and delete every fourth."""
        name = f"rolling {number}"
        one = self._connection.execute
        insert = "INSERT INTO items (name, description, price) VALUES (%s, 'x', 1) RETURNING id, version"
        row = one(insert, [name]).fetchone()
        assert row is not None
        item, version = row
        self.written[name] = "1.00"
        if number % 2 == 0:
            row = one("UPDATE items SET price = 2 WHERE id = %s RETURNING version", [item]).fetchone()
            assert row is not None and row[0] > version
            self.written[name] = "2.00"
        if number % 4 == 0:
            assert one("DELETE FROM items WHERE id = %s", [item]).rowcount == 1
            self.written[name] = None

    def end(self) -> None:
        """Write no more, and hang up."""
        super().end()
        self._connection.close()


class FormWriter(Writer):
    """An editor in the back office, who logs in once, then opens the form for a new item, fills it in and saves it."""

    pause = 0.3

    def __init__(self, url: str, user: str, password: str) -> None:
        super().__init__()
        self._client = HttpClient(url)
        self._cookies: SimpleCookie = SimpleCookie()
        reply = self._send(
            "POST", "/admin/login/", self._form("/admin/login/") | {"username": user, "password": password}
        )
        assert reply.status == 302, str(reply)

    def write(self, number: int) -> None:
        """Save a new item."""
        name = f"form {number}"
        path = "/admin/catalog/item/add/"
        fields = self._form(path) | {"name": name, "description": "x", "price": "3.00", "sku": "", "category": ""}
        reply = self._send("POST", path, fields)
        assert reply.status == 302, str(reply)
        self.written[name] = "3.00"

    def _form(self, path: str) -> dict[str, str]:
        """Return what the form of a page holds back from the eye."""
        reply = self._send("GET", path)
        assert reply.status == 200, str(reply)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', reply.body.decode())
        return {name: html.unescape(value) for name, value in hidden}

    def _send(self, method: str, path: str, fields: dict[str, str] | None = None) -> Reply:
        headers = {"Cookie": "; ".join(f"{name}={each.value}" for name, each in self._cookies.items())}
        if fields is None:
            reply = self._client.request(method, path, headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            reply = self._client.request(method, path, headers, urlencode(fields).encode())
        for name, value in reply.headers:
            if name.lower() == "set-cookie":
                self._cookies.load(value)
        return reply

    def end(self) -> None:
        """Write no more, and hang up."""
        super().end()
        self._client.close()
