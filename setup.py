"""Put `templates/` and `migrations/`, which stand beside the packages in a checkout, into the wheel."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
FOLDERS = ("templates", "migrations")


class BuildWithResources(build_py):
    """Build the packages, then copy the folders to where `expertise.base.resources` looks for them."""

    def run(self) -> None:
        """An editable installation needs no copy: it reads the checkout."""
        super().run()
        if self.editable_mode:
            return
        for name in FOLDERS:
            target = Path(self.build_lib) / "expertise" / "_resources" / name
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(HERE / name, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


setup(cmdclass={"build_py": BuildWithResources})
