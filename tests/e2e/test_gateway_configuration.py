"""The gateway's configuration, in files by subject."""

import re
from pathlib import Path

from tests import nginxes
from tests.http_client import HttpClient
from tests.system import ROOT

FOLDER = ROOT / "gateway" / "nginx"


def test_every_file_is_included_by_its_name() -> None:
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.conf")}
    included = {
        name
        for file in files
        for name in re.findall(r"^\s*include (\S+);", (FOLDER / file).read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert included == files - {"nginx.conf"}


def test_a_folder_may_have_a_name_that_looks_like_a_pattern(tmp_path: Path) -> None:
    """Nginx takes the name of an included file for a pattern, and includes none where no file matches."""
    folder = tmp_path / "state of [mine] *"
    folder.mkdir()
    with nginxes.gateway(folder) as url, HttpClient(url) as client:
        assert client.get("/livez").status == 200
        assert client.get("/api/items/").header("X-Served-By") == "gateway"
