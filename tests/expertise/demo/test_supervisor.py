"""The demonstration's processes: one that dies is started again, and all end when asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import pytest

#: Two parts that note their process number and then wait to be ended.
PROGRAM = """
import functools, os, signal, sys, time
from pathlib import Path
from expertise.demo.supervisor import PartFailed, supervise

def part(folder, name):
    with (Path(folder) / name).open("a") as file:
        print(os.getpid(), file=file, flush=True)
    os.write(1, f"{name}\\n".encode())  # in one piece, however Python buffers
    signal.pause()

def hopeless():
    sys.exit(3)

if __name__ == "__main__":
    if sys.argv[1] == "hopeless":
        try:
            supervise({"web": hopeless}, started=lambda: None)
        except PartFailed as failure:
            sys.exit(str(failure))
    parts = {name: functools.partial(part, sys.argv[1], name) for name in ("web", "worker")}
    supervise(parts, started=lambda: os.write(1, b"started\\n"))
"""


@pytest.fixture
def start(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    running = []

    def begin(argument):
        command = [sys.executable, str(program), str(argument)]
        pipe = subprocess.PIPE
        running.append(
            subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
        )
        return running[-1]

    yield begin
    for process in running:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with its parts, which hold the same pipes
        process.communicate()


def test_a_killed_part_comes_back_and_both_end_when_asked(start, tmp_path):
    process = start(tmp_path)
    said = {process.stdout.readline().strip() for _ in range(3)}
    assert said == {"started", "web", "worker"}
    os.kill(int((tmp_path / "worker").read_text()), signal.SIGKILL)
    assert process.stdout.readline().strip() == "worker"
    numbers = [int(line) for name in ("web", "worker") for line in (tmp_path / name).read_text().split()]
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert len(numbers) == 3
    for number in numbers:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)


def test_a_part_that_cannot_live_ends_the_demonstration(start):
    process = start("hopeless")
    assert process.wait(60) == 1
    assert "The web process ended 10 times" in process.stderr.read()
