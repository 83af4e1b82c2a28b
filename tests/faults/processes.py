"""The real commands, `komek serve` and `komek worker`, and a browser that keeps its cookies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

from expertise.base import clock
from tests.support.databases import address

KOMEK = Path(sys.executable).parent / "komek"
#: The same command, living at the moment of the test: whatever the hour is, it is the same in each run.
AT = (
    "import sys; from datetime import datetime; from expertise.base import clock; from expertise.cli import main\n"
    "with clock.travelling(datetime.fromisoformat(sys.argv.pop(1))): main()"
)


def environment(env, folder, **more) -> dict[str, str]:
    """As an operator would set it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KOMEK_")}
    ours = {"KOMEK_DATABASE_URL": address(env.engine), "KOMEK_DATA": str(folder), "KOMEK_SECRET_KEY": "k" * 40}
    return {**clean, **ours, **more}


def komek(env, folder, *command, **more) -> subprocess.CompletedProcess:
    """Run a command to its end, at the moment at which the test stands."""
    return subprocess.run(
        [sys.executable, "-c", AT, clock.now().isoformat(), *command],
        env=environment(env, folder, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def serving(env, folder, port, **more):
    """`komek serve` between start and end; gives its address once it answers."""
    base = f"http://127.0.0.1:{port}"
    log = folder / f"serve-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [KOMEK, "serve"],
            env=environment(env, folder, KOMEK_PORT=str(port), **more),
            stdout=output,
            stderr=output,
        )
        try:
            _until_it_answers(process, base, log)
            yield base
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _until_it_answers(process, base, log) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{base}/sign-in", timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            pass
        else:
            return
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(log.read_text())


class Browser:
    """Follows forms as a person does; the same cookies at every address, as behind one name."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def see(self, url: str) -> str:
        with self._opener.open(url, timeout=20) as answer:
            return answer.read().decode()

    def hidden(self, url: str) -> dict[str, str]:
        """The hidden fields of the page's last form."""
        form = self.see(url).rpartition("<form")[2]
        return {unescape(n): unescape(v) for n, v in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}

    def send(self, url: str, data: dict[str, str]) -> str:
        """Post, follow where it leads, and give the page that is found there."""
        with self._opener.open(url, urlencode(data).encode(), timeout=20) as answer:
            return answer.read().decode()
