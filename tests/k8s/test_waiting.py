"""What `make k8s-up` says while it waits; a kubectl of the tests' own answers as a cluster would."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from k8s.commands.failure import Failure
from k8s.commands.waiting import Cluster

# Answers `get KIND` with the next of what the test has prepared, and from then on with the last; a text is a complaint.
KUBECTL = """#!{python}
import json, pathlib, sys
folder = pathlib.Path({folder!r})
words = sys.argv[1:]
with (folder / "calls").open("a") as calls:
    print(*words, file=calls)
answers = json.loads((folder / "answers.json").read_text())
topic = words[1].partition("/")[0] if words[0] == "get" else words[0]
series = answers.get(topic, [{{}}])
answer = series[0]
answers[topic] = series[1:] or series
(folder / "answers.json").write_text(json.dumps(answers))
if isinstance(answer, str):
    sys.exit(answer)
print(json.dumps(answer) if answer is not None else "")
"""
Answers = Callable[..., None]
PATIENCE = 30


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Return what has kubectl answer: for each topic a series."""
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(KUBECTL.format(python=sys.executable, folder=str(tmp_path)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr("k8s.commands.waiting.PAUSE", 0.01)

    def prepare(**topics: list[Any]) -> None:
        (tmp_path / "answers.json").write_text(json.dumps(topics))

    return prepare


def job(condition: str = "", message: str = "") -> dict[str, Any]:
    conditions = [{"type": condition, "status": "True", "reason": "Reason", "message": message}] if condition else []
    return {"metadata": {"name": "migrate"}, "status": {"conditions": conditions}}


def pods(*states: dict[str, Any], **status: Any) -> dict[str, Any]:
    found = [
        {
            "metadata": {"name": f"migrate-{number}"},
            "status": {**status, "containerStatuses": [{"name": "migrate", "state": state}]},
        }
        for number, state in enumerate(states)
    ]
    return {"items": found}


def ended(code: int, message: str, reason: str = "Error") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


RUNNING: dict[str, Any] = {"running": {}}
LIMIT = "Job has reached the specified backoff limit"


def test_a_job_that_completes_is_waited_for_in_silence(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    answers(job=[job(), job(), job("Complete")], pods=[pods(), pods(RUNNING)])
    Cluster("triptych").wait_for_job("migrate", PATIENCE)
    assert capsys.readouterr().out == ""


def test_a_job_that_fails_is_said_with_what_each_try_logged(
    answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = ended(1, "…\nbootstrap stopped: no such column\n"), ended(137, "", "OOMKilled")
    answers(
        job=[job(), job(), job("FailureTarget"), job("Failed", LIMIT)],
        pods=[pods(first), pods(first, RUNNING), pods(first, second)],
    )
    with pytest.raises(Failure, match=LIMIT):
        Cluster("triptych").wait_for_job("migrate", PATIENCE)
    assert capsys.readouterr().out == (
        "pod/migrate-0 ended with exit status 1\n  …\n  bootstrap stopped: no such column\n"
        "pod/migrate-1 ended with exit status 137 (OOMKilled)\n"
    )


def test_a_failed_job_whose_pods_are_gone_is_asked_for_its_log(
    answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(job=[job("Failed", LIMIT)], pods=[pods()], logs=[{"the last": "line"}])
    with pytest.raises(Failure):
        Cluster("triptych").wait_for_job("migrate", PATIENCE)
    assert "the last" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            pods({"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling "x:1"'}}),
            'pod/migrate-0 waits: ImagePullBackOff: Back-off pulling "x:1"',
        ),
        (
            pods({"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "migrate" not found'}}),
            'pod/migrate-0 waits: CreateContainerConfigError: secret "migrate" not found',
        ),
        (
            pods({}, conditions=[{"type": "PodScheduled", "status": "False", "message": "Insufficient memory."}]),
            "pod/migrate-0 has no node: Insufficient memory.",
        ),
        (
            pods(RUNNING, reason="Evicted", message="The node was low on resource: memory."),
            "pod/migrate-0: Evicted: The node was low on resource: memory.",
        ),
    ],
)
def test_what_keeps_a_job_is_said_once(
    answers: Answers, capsys: pytest.CaptureFixture[str], found: dict[str, Any], said: str
) -> None:
    answers(job=[job(), job(), job(), job("Complete")], pods=[found])
    Cluster("triptych").wait_for_job("migrate", PATIENCE)
    assert capsys.readouterr().out == f"{said}\n"


def test_a_starting_container_is_no_trouble(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    answers(job=[job(), job("Complete")], pods=[pods({"waiting": {"reason": "ContainerCreating"}})])
    Cluster("triptych").wait_for_job("migrate", PATIENCE)
    assert capsys.readouterr().out == ""


def test_a_job_that_goes_on_for_too_long_is_said(answers: Answers) -> None:
    answers(job=[job()], pods=[pods(RUNNING)])
    with pytest.raises(Failure, match="not complete after 0 s"):
        Cluster("triptych").wait_for_job("migrate", 0)


def test_a_cluster_that_is_away_for_a_moment_is_asked_again(answers: Answers) -> None:
    away = "The connection to the server was refused"
    answers(job=[away, job(), away, away, job("Complete")], pods=[away, pods()])
    Cluster("triptych").wait_for_job("migrate", PATIENCE)


@pytest.mark.parametrize("complaint", ["The connection to the server was refused", "(NotFound): jobs not found"])
def test_a_cluster_that_stays_away_and_a_job_that_is_gone_are_said(answers: Answers, complaint: str) -> None:
    answers(job=[complaint])
    with pytest.raises(Failure, match=complaint.rpartition(")")[2].strip()):
        Cluster("triptych").wait_for_job("migrate", PATIENCE)


def test_a_job_that_failed_before_is_removed_to_be_tried_again(answers: Answers, tmp_path: Path) -> None:
    answers(job=[job("Failed", LIMIT)])
    Cluster("triptych").remove_failed_job("migrate")
    assert "delete job migrate --namespace triptych" in (tmp_path / "calls").read_text()


@pytest.mark.parametrize("found", [job("Complete"), job(), None])
def test_a_job_that_has_not_failed_stays(answers: Answers, tmp_path: Path, found: Any) -> None:
    answers(job=[found])
    Cluster("triptych").remove_failed_job("migrate")
    assert "delete" not in (tmp_path / "calls").read_text()


def test_a_deployment_that_does_not_roll_out_is_said_with_what_keeps_its_pods(
    answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    crashed = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}
    found = pods(crashed)
    found["items"][0]["status"]["containerStatuses"][0]["lastState"] = ended(1, "DATABASE_URL is missing")
    answers(rollout=["error: deployment exceeded its progress deadline"], pods=[found])
    with pytest.raises(Failure, match="not rolled out"):
        Cluster("triptych").wait_for_rollout("api-fastapi", PATIENCE)
    said = capsys.readouterr().out
    assert "CrashLoopBackOff" in said and "\n  DATABASE_URL is missing\n" in said
