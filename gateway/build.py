"""Build the folder of files that the gateway serves: `python gateway/build.py OUT_DIR`.

It holds the pages of `gateway/www`, the contract as `api/openapi.json`, and Swagger UI's script and style beside the
page that starts them; and what gains by it once more, compressed, as `NAME.gz`. The folder is built next to OUT_DIR and
then put in its place, so that a build that fails leaves the old one as it was.
"""

import gzip
import json
import shutil
import sys
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
CONTRACT = HERE.parent / "shared" / "contract" / "openapi.yaml"
SWAGGER_UI = files("drf_spectacular_sidecar") / "static" / "drf_spectacular_sidecar" / "swagger-ui-dist"
SWAGGER_UI_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "LICENSE")
# A folder with this file is a build of ours, not another folder that was named by mistake.
MARK = "api/openapi.json"


def build(out: Path) -> None:
    """Write the folder `out`, replacing an older build; raises FileExistsError where `out` holds anything else."""
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"{out} is not a build of the gateway's pages: name another folder, or remove it")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as beside:
        made, old = Path(beside, "made"), Path(beside, "old")
        shutil.copytree(HERE / "www", made)
        _add_contract(made)
        _add_swagger_ui(made)
        _add_compressed(made)
        if out.exists():
            out.rename(old)
        made.rename(out)


def _add_contract(folder: Path) -> None:
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    (folder / MARK).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _add_swagger_ui(folder: Path) -> None:
    for name in SWAGGER_UI_FILES:
        with as_file(SWAGGER_UI / name) as source:
            shutil.copyfile(source, folder / "api" / "docs" / name)


def _add_compressed(folder: Path) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        compressed = gzip.compress(content, mtime=0)
        if len(compressed) < 0.9 * len(content):
            path.with_name(f"{path.name}.gz").write_bytes(compressed)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python gateway/build.py OUT_DIR")
    try:
        build(Path(sys.argv[1]).absolute())
    except FileExistsError as error:
        sys.exit(f"gateway: {error}")
