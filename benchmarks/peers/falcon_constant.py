"""The ceiling: Falcon on uvicorn answering bytes that were made beforehand; no check, no database."""

import os
from pathlib import Path

import falcon.asgi

SMALL = b'{"success":true,"data":{"status":"ok"}}'
LIST = Path(os.environ["BENCH_LIST_BODY"]).read_bytes()
"""The first page of the project list, as long as the bytes that the other targets answer."""


class Constant:
    """Answers GET with the same bytes, always."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def on_get(self, request: falcon.asgi.Request, response: falcon.asgi.Response) -> None:
        response.content_type = "application/json"
        response.data = self.body


app = falcon.asgi.App()
app.add_route("/constant", Constant(SMALL))
app.add_route("/api/v1/projects", Constant(LIST))
