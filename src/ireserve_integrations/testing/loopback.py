"""A real HTTP/1.1 server that only this machine reaches; what it answers is another's business."""

import contextlib
import ipaddress
import socket
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from .exchange import Delivery, Reply, Request

_LARGEST_BODY = 1024 * 1024
_LONGEST_CLOSE_S = 5.0  # for threads that are in the middle of an answer


class LoopbackServer(ThreadingHTTPServer):
    """One thread per keep-alive connection; `close` ends them all.

    Raises:
        ValueError: The address to bind is not an IPv4 loopback address.
        OSError: The port is taken.
    """

    request_queue_size = 512  # hundreds of threads may connect at the same moment

    def __init__(
        self,
        host: str,
        port: int,
        *,
        answer: Callable[[Request], Reply],
        date: Callable[[], datetime],
        name: str,
    ) -> None:
        refuse_foreign(host)
        self.answer, self.date = answer, date
        self.timeout = 0.5  # where closing a listening socket wakes nobody
        self.closing = threading.Event()
        self._open: set[Any] = set()
        self._changed = threading.Condition()
        super().__init__((host, port), _Connection)
        self._thread = threading.Thread(target=self._accept, name=f"sandbox-{name}", daemon=True)

    def open(self) -> None:
        """Begin to answer; connections made since the server was bound are kept waiting so far."""
        self._thread.start()

    def server_bind(self) -> None:
        """Bind without asking for this machine's name: that question may leave it."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def close(self) -> None:
        """Stop listening, end every connection, and return when their threads are done."""
        self.closing.set()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.server_close()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, timeout=_LONGEST_CLOSE_S)

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the server closes."""
        if seconds > 0:
            self.closing.wait(seconds)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, and give it a thread."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        """Close the connection, and forget it."""
        super().close_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a caller that went away; a fault of the sandbox itself is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def _accept(self) -> None:
        while not self.closing.is_set():
            self.handle_request()


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def _exchange(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            return self.send_error(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > _LARGEST_BODY:
            return self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        content = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        target = self.requestline.split()[1]  # self.path has leading slashes folded
        request = Request.read(self.command, target, headers, content)
        return self._deliver(self.server.answer(request))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _exchange  # noqa: N815  # http.server's

    def _deliver(self, reply: Reply) -> None:
        self.close_connection |= reply.delivery is not Delivery.WHOLE
        if reply.delivery is Delivery.NOTHING:
            return
        sent = {Delivery.WHOLE: len(reply.body), Delivery.HALF: len(reply.body) // 2}
        self.wfile.write(self._head(reply) + reply.body[: sent.get(reply.delivery, 0)])
        if reply.delivery is Delivery.DRIPPING:
            self._drip(reply)

    def _head(self, reply: Reply) -> bytes:
        lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        lines.append(f"Date: {format_datetime(self.server.date(), usegmt=True)}")
        if reply.body:
            lines.append(f"Content-Type: {reply.content_type}")
        if reply.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(reply.body)}")
        lines.extend(f"{name}: {value}" for name, value in reply.headers.items())
        if self.close_connection:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")

    def _drip(self, reply: Reply) -> None:
        for value in reply.body:
            self.server.pause(reply.drip_s)
            if self.server.closing.is_set():
                return
            self.wfile.write(bytes([value]))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as inherited
        """Say nothing: what arrived is in the sandbox's record."""


def refuse_foreign(host: str) -> None:
    """Raise ValueError unless the address is an IPv4 loopback address."""
    try:
        allowed = ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        raise ValueError(f"a sandbox listens on loopback only, such as 127.0.0.1, not on {host!r}")
