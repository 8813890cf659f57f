"""The linters that many run over an OpenAPI document find nothing, but what their settings here name and explain."""

from tests.clients import tools


def test_redocly_recommended_finds_nothing() -> None:
    done = tools.run("@redocly/cli", "lint", "--config", "redocly.yaml", str(tools.CONTRACT))
    assert done.returncode == 0, done.stdout
    assert "warning" not in done.stdout.lower(), done.stdout


def test_spectral_oas_finds_nothing() -> None:
    done = tools.run(
        "@stoplight/spectral-cli", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", str(tools.CONTRACT)
    )
    assert done.returncode == 0, done.stdout
