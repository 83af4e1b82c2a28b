"""The web server: gunicorn, set up in one place."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from gunicorn.app.base import BaseApplication

from expertise.config import Settings
from expertise.web.kit.buffering_worker import BufferingWorker

WORKERS, THREADS = 2, 8
#: Connections of one process; each may need two of the 1,024 files that systems allow it.
CONNECTIONS = 400
#: Bytes of a request besides its file.
FORM = 4 * 1024 * 1024
#: Seconds after which a request that hangs is ended with its process.
TIMEOUT = 60


class Server(BaseApplication):
    """Serves an application that each process makes for itself: a connection must not be shared across a fork."""

    def __init__(self, make: Callable[[], Flask], settings: Settings) -> None:
        self._make = make
        self._settings = settings
        #: Bytes; read by the worker, see `buffering_worker`. The application refuses more.
        self.largest_body = settings.upload_bytes + FORM
        super().__init__()

    def load_config(self) -> None:
        """Gunicorn asks for its settings here."""
        for name, value in {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "workers": WORKERS,
            "threads": THREADS,
            "worker_class": BufferingWorker,
            "worker_connections": CONNECTIONS,
            "timeout": TIMEOUT,
            "graceful_timeout": 10,
            "max_requests": 20_000,  # a process is replaced now and then, so that no leak adds up
            "max_requests_jitter": 2_000,
            "forwarded_allow_ips": "127.0.0.1",
            "control_socket_disable": True,
            "loglevel": "warning",
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Gunicorn asks for the application here, in each process."""
        return self._make()
