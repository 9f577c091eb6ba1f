"""The server of the page: for this machine only."""

import socket
import webbrowser
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from segmentation.errors import InputError

HOST = "127.0.0.1"
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class LocalOnly:
    """Refuses what was not meant for this server, although it reached it.

    A page of another site could make its own name point to this machine (DNS rebinding: the header Host says so), or
    open a socket to it (the header Origin says so).
    """

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        names = (HOST, "localhost")
        # Browsers leave out the usual port.
        self.hosts = {f"{name}:{port}" for name in names} | set(names if port == 80 else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self.is_local(scope["headers"]):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            text = {"type": "http.response.body", "body": b"This page is for this machine only.\n"}
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send(text)

    def is_local(self, headers: list[tuple[bytes, bytes]]) -> bool:
        """Whether the one Host and any Origin name this server."""
        hosts = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
        origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
        return (
            len(hosts) == 1
            and hosts[0] in self.hosts
            and all(origin.removeprefix("http://") in self.hosts for origin in origins)
        )


def serve(warehouse: Path, report_dir: Path, port: int, *, is_shown: bool) -> None:
    """Serve the page on the published warehouse until it is stopped; InputError where that cannot be."""
    try:
        import uvicorn
        from nicegui import ui
    except ImportError as error:
        raise InputError(
            "The page needs NiceGUI, which is not installed; `make app` installs it, or "
            "`pip install --no-deps --require-hashes -r requirements-app.lock`."
        ) from error
    from fastapi import FastAPI

    from segmentation.app.page import add_pages
    from segmentation.app.state import Published

    add_pages(Published(warehouse), report_dir)
    app = FastAPI(openapi_url=None)
    ui.run_with(app, tailwind=False, show_welcome_message=False, title="segmentation")
    with socket.socket() as listening:
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((HOST, port))
        except OSError as error:
            raise InputError(
                f"Port {port} cannot be used: {error.strerror}; choose another one with --port."
            ) from error
        listening.listen()
        address = f"http://{HOST}:{listening.getsockname()[1]}/"
        print(f"{address} on {warehouse}; stop it with Ctrl-C.", flush=True)
        if is_shown:
            webbrowser.open(address)
        local = LocalOnly(app, listening.getsockname()[1])
        config = uvicorn.Config(local, log_level="warning", ws="wsproto")
        uvicorn.Server(config).run([listening])
