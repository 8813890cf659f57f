"""Send files to the back office, and take some from there."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.test import Client

from tests.back_office.person import ITEMS, Person

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

HEAD = "name,description,price,sku,category\n"
CSV, JSON = "0", "1"


def upload(client: Client, content: str | bytes, file_format: str = CSV) -> "Response":
    """Send a file to be looked at."""
    file = BytesIO(content.encode() if isinstance(content, str) else content)
    file.name = "items.csv"
    return client.post(f"{ITEMS}import/", {"import_file": file, "format": file_format})


def confirm(client: Client, preview: "Response") -> "Response":
    """Send the form of the preview."""
    form = preview.context["confirm_form"]
    fields = {name: form[name].value() for name in ("import_file_name", "original_file_name", "format")}
    return client.post(f"{ITEMS}process_import/", fields, follow=True)


def export(person: Person, file_format: str, **query: str) -> str:
    """Return the file of the items that the list has with this query."""
    response: Any = person.client.get(f"{ITEMS}export/", {**query, "format": file_format})
    assert response.streaming
    return b"".join(response.streaming_content).decode("utf-8-sig")
