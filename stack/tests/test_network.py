"""The proxy, the certificate and the index that one of pip, uv and npm was told of, all of them use."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import network
from stack.errors import StackError
from stack.layout import SHARED_TOOLS
from stack.tests import company

ELSEWHERE = "packages.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of a company's own authority."""
    return company.make_certificates(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def index(authority: Path) -> Iterator[str]:
    """The URL of a company's index, which has a certificate of that authority."""
    with company.index(authority.parent) as url:
        yield url


def environment(**told: str) -> dict[str, str]:
    """Return what pip, uv and npm are run with where a shell tells this and nothing else about the network."""
    return network.environment({"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **told}, sys.executable)


def tools(folder: Path) -> dict[str, list[str]]:
    """Return a command of each that fetches one package, and does not try for long."""
    uv = str(Path(sys.executable).with_name("uv"))
    commands = {
        "pip": [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--retries=1",
            "--no-cache-dir",
            "--no-deps",
            "-d",
            str(folder),
        ],
        "uv": [uv, "pip", "install", "--no-cache", "--target", str(folder / "uv")],
        "npm": ["npm", "view", "--fetch-retries=0", "--prefer-online", f"--cache={folder / 'npm'}"],
    }
    return {name: [*words, company.PACKAGE] for name, words in commands.items() if shutil.which(words[0])}


@pytest.mark.parametrize(
    ("certificate", "url"),
    [
        ("PIP_CERT", "PIP_INDEX_URL"),
        pytest.param("REQUESTS_CA_BUNDLE", "UV_DEFAULT_INDEX", marks=pytest.mark.long),
        pytest.param("SSL_CERT_FILE", "UV_INDEX_URL", marks=pytest.mark.long),
        ("NODE_EXTRA_CA_CERTS", "PIP_EXTRA_INDEX_URL"),
        pytest.param("npm_config_cafile", "UV_DEFAULT_INDEX", marks=pytest.mark.long),
        ("pip.conf", "pip.conf"),
    ],
)
def test_a_certificate_and_an_index_reach_all(
    authority: Path, index: str, tmp_path: Path, certificate: str, url: str
) -> None:
    told = {certificate: str(authority), url: f"{index}/simple", "NPM_CONFIG_REGISTRY": index}
    if "EXTRA" in url:
        told["PIP_INDEX_URL"] = f"{index}/nothing"
    if certificate == "pip.conf":
        (tmp_path / "pip.conf").write_text(f"[global]\ncert = {authority}\n[install]\nindex-url = {index}/simple\n")
        told = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "NPM_CONFIG_REGISTRY": index}
    found = environment(**told)
    for name, command in tools(tmp_path).items():
        done = subprocess.run(command, env=found, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    "name",
    [
        "https_proxy",
        "PIP_PROXY",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("HTTPS_PROXY", "ALL_PROXY", "npm_config_https_proxy")
        ),
    ],
)
def test_a_proxy_reaches_all(tmp_path: Path, name: str) -> None:
    with company.proxy() as (url, wanted):
        elsewhere = f"https://{ELSEWHERE}"
        found = environment(**{name: url, "PIP_INDEX_URL": f"{elsewhere}/simple", "NPM_CONFIG_REGISTRY": elsewhere})
        for tool, command in tools(tmp_path).items():
            before = len(wanted)
            done = subprocess.run(
                command, env={**found, "UV_HTTP_RETRIES": "0"}, capture_output=True, text=True, timeout=120
            )
            assert done.returncode != 0
            assert set(wanted[before:]) == {f"{ELSEWHERE}:443"}, f"{tool}: {done.stdout}{done.stderr}"
            assert (
                "check the proxy that is set" in network.explanation(done.stdout + done.stderr, found) or tool == "npm"
            )


def test_a_certificate_that_is_not_there_is_named() -> None:
    with pytest.raises(StackError, match=r"SSL_CERT_FILE is `/nowhere\.pem`, which is not there"):
        environment(SSL_CERT_FILE="/nowhere.pem")


def test_a_home_that_cannot_be_written_does_not_hold_the_caches() -> None:
    found = environment(HOME="/dev/null/home")
    for name in ("PIP_CACHE_DIR", "UV_CACHE_DIR", "NPM_CONFIG_CACHE"):
        assert Path(found.get(name, found["HOME"])).is_relative_to(SHARED_TOOLS)


def test_what_else_is_told_to_them_is_not_meant_for_us(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nuser = true\nconstraint = /nowhere\n[install]\nno-binary = :all:\n")
    odd = {
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
        "PIP_TARGET": "/x",
        "UV_OFFLINE": "1",
        "npm_config_global": "1",
    }
    (tmp_path / "empty.conf").touch()
    assert environment(**odd) == environment(PIP_CONFIG_FILE=str(tmp_path / "empty.conf"))
    assert "NODE_OPTIONS" not in environment(NODE_OPTIONS="--inspect")
