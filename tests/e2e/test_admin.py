"""The back office is reached through the gateway, and looks like one."""

import re

from tests.wire import Wire


def test_the_login_page_comes_with_its_stylesheet(gateway: Wire) -> None:
    """Ask for the page and for what it refers to: a page whose static files are missing is a 500, or bare."""
    page = gateway.get("/admin/login/")
    assert page.status == 200
    assert page.header("X-Served-By") == "admin-django"
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', page.body.decode())
    assert sheets
    for sheet in sheets:
        found = gateway.get(sheet)
        assert (found.status, found.header("Content-Type")) == (200, 'text/css; charset="utf-8"')


def test_the_admin_sends_a_stranger_to_the_login_page(gateway: Wire) -> None:
    """Also from the address without its slash."""
    assert gateway.get("/admin").header("Location") == "/admin/"
    answer = gateway.get("/admin/")
    assert (answer.status, answer.header("Location")) == (302, "/admin/login/?next=/admin/")
