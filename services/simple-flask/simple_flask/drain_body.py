"""Drain the request body that no view has read, before the response is sent."""

from contextlib import suppress

from flask import Flask, Response, request

MOST_DRAINED = 4 * 1024 * 1024


def init_app(app: Flask) -> None:
    """Read bodies to their end, up to a bound, before answering.

    gunicorn closes a connection with unread bytes on it; that resets the connection, and the response (of a read with a
    pointless body, or a 413) is lost on its way to the gateway, which makes a 502 of it.
    """

    @app.after_request
    def drain(response: Response) -> Response:
        body, left = request.environ["wsgi.input"], MOST_DRAINED
        with suppress(Exception):  # a body that breaks off changes nothing about the answer
            while left > 0 and (piece := body.read(64 * 1024)):
                left -= len(piece)
        return response
