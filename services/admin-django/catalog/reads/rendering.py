"""JSON as the contract has it, whatever the client says that it accepts."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class CompactJSONRenderer(BaseRenderer):
    """Compact UTF-8 JSON; the framework's own renderer escapes U+2028 and U+2029."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


class AlwaysJSON(BaseContentNegotiation):
    """Ignore `Accept` and `?format=`: there is one form."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        (renderer,) = renderers
        return renderer, renderer.media_type
