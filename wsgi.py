"""For any WSGI server: `gunicorn -k expertise.web.kit.buffering_worker.BufferingWorker --threads 8 wsgi:app`."""

import os

from expertise.app import create_app
from expertise.config import WrongSetting, read

settings = read(os.environ)
if settings.secret_key is None:
    raise WrongSetting("KOMEK_SECRET_KEY is missing; `openssl rand -hex 32` makes a good one.")
app = create_app(settings)
