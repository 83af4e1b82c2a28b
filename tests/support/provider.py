"""An OpenID Connect provider that keeps to the standards: Authlib's own server side, over HTTP on the loopback.

Discovery, authorization code with PKCE (S256 required), signed tokens, keys by JWKS. `login` says who signs in there
and what the token says; a test changes it to make the provider lie.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, redirect
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT_ID, CLIENT_SECRET = "komek", "what only the two know"


class Quiet(WSGIRequestHandler):
    def log(self, type, message, *args):  # noqa: A002 werkzeug's name
        pass


class Komek(ClientMixin):
    """The one client that is registered."""

    def __init__(self, back: str) -> None:
        self.back = back

    def get_client_id(self):
        return CLIENT_ID

    def get_default_redirect_uri(self):
        return self.back

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri == self.back

    def check_client_secret(self, client_secret):
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


@dataclass
class Code:
    """An authorization code, as the grant wants to read it."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    auth_time: int = field(default_factory=lambda: int(time.time()))

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return self.auth_time

    def get_acr(self):
        return None

    def get_amr(self):
        return None


class Provider:
    """One house of its own. `said`: the claims of who signs in; `lies`: what the token says instead of the truth."""

    def __init__(self, back: str) -> None:
        self.client, self.codes, self.requests = Komek(back), {}, []
        self.said: dict[str, Any] = {"sub": "7", "email": "coordinator@example.kz", "email_verified": True}
        self.lies: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        self.signs_with = self.key
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.issuer = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.app = self._made()

    def _made(self) -> Flask:
        app = Flask("provider")
        server = AuthorizationServer(app, query_client=lambda _id: self.client, save_token=lambda *_given: None)
        server.register_grant(_grant(self), [CodeChallenge(required=True), _open_id(self)])
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._discovery)
        app.add_url_rule("/keys", "keys", view_func=lambda: jsonify({"keys": [self.key.as_dict(private=False)]}))
        app.add_url_rule("/elsewhere", "elsewhere", view_func=lambda: redirect("/keys"))
        app.add_url_rule("/authorize", "authorize", view_func=lambda: _consent(server))
        app.add_url_rule("/token", methods=["POST"], view_func=server.create_token_response, endpoint="token")
        app.before_request(self._note)
        return app

    def _note(self) -> None:
        from flask import request  # noqa: PLC0415

        self.requests.append(request.path)

    def _discovery(self):
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        return jsonify({**said, **self.metadata})


def _consent(server: AuthorizationServer):
    """Somebody is signed in there and agrees."""
    return server.create_authorization_response(
        grant=server.get_consent_grant(end_user="someone"), grant_user="someone"
    )


def _grant(provider: Provider) -> type:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

        def save_authorization_code(self, code, request):
            asked = request.payload.data
            provider.codes[code] = Code(
                code,
                request.payload.redirect_uri,
                request.payload.scope,
                asked.get("nonce"),
                asked.get("code_challenge"),
                asked.get("code_challenge_method"),
            )

        def query_authorization_code(self, code, client):
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code):
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code):
            return "someone"

    return Grant


def _open_id(provider: Provider) -> OpenIDCode:
    class Tokens(OpenIDCode):
        def process_token(self, grant, response):
            _status, token, _headers = response
            code = grant.request.authorization_code
            now = int(time.time())
            truth = {"iss": provider.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": code.nonce}
            said = {
                name: value for name, value in {**truth, **provider.said, **provider.lies}.items() if value is not None
            }
            header = {"alg": provider.signs_with.alg or "HS256", "kid": provider.key.kid}
            token["id_token"] = jwt.encode(header, said, provider.signs_with, algorithms=["RS256", "HS256"])
            return token

        def exists_nonce(self, nonce, request):
            return False

        def get_jwt_config(self, *_given):
            return {}

        def generate_user_info(self, user, scope):
            return {}

    return Tokens(require_nonce=True)


@contextmanager
def running(back: str):
    """Until the block ends."""
    provider = Provider(back)
    server = make_server(
        "127.0.0.1", 0, provider.app, threaded=True, request_handler=Quiet, fd=provider._socket.fileno()
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        provider._socket.close()
