"""Client of the external provider: the address to send people to, and the claims for the code they bring back.

Only the configured issuer is ever asked: every address in its discovery document must have the same scheme, host and
port, and no redirect is followed.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.flask_client.apps import FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask
from joserfc.errors import JoseError
from requests import RequestException

from expertise.config import Provider

#: What may sign a token: public keys only, so that nobody can pass off the client's secret as one.
ALGORITHMS = ["RS256", "PS256", "ES256"]
PATIENCE = 10  # seconds
#: Everything that a request to the provider, or its answer, may raise.
FAILURES = (OAuthError, JoseError, RequestException, ValueError, KeyError, RuntimeError)


class WrongProvider(ValueError):
    """The provider's document or answer contradicts the settings."""


def client(app: Flask, provider: Provider) -> FlaskOAuth2App:
    """Return the client of the provider; sends no request yet."""
    origin = _origin(provider.issuer)

    class ProviderSession(OAuth2Session):
        """An HTTP session that refuses every origin but the issuer's."""

        def request(self, method: str, url: str, **options: Any) -> Any:
            if _origin(url) != origin:
                raise WrongProvider(f"{url} is not of {provider.issuer}")
            return super().request(method, url, **{**options, "allow_redirects": False, "timeout": PATIENCE})

    class ProviderClient(FlaskOAuth2App):
        """A client that checks the discovery document against the configured issuer."""

        client_cls = ProviderSession

        def load_server_metadata(self) -> dict[str, Any]:
            found: dict[str, Any] = super().load_server_metadata()
            if found.get("issuer") != provider.issuer or _origin(found["authorization_endpoint"]) != origin:
                self.server_metadata.pop("_loaded_at", None)
                raise WrongProvider(f"{found.get('issuer')} is not {provider.issuer}")
            return {**found, "id_token_signing_alg_values_supported": ALGORITHMS}

    registry = OAuth(app)
    registry.oauth2_client_cls = ProviderClient
    return registry.register(
        "outside",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256"},
    )


def claims(outside: FlaskOAuth2App, provider: Provider) -> dict[str, Any]:
    """Return the provider's claims about the person who came back with a code. Raises one of FAILURES."""
    wanted = {
        "iss": {"essential": True, "values": [provider.issuer]},
        "aud": {"essential": True, "values": [provider.client_id]},
        "sub": {"essential": True},
    }
    token = outside.authorize_access_token(claims_options=wanted)
    if "userinfo" not in token:
        raise WrongProvider("the provider sent no token about the person")
    return dict(token["userinfo"])


def is_strong(said: dict[str, Any], provider: Provider) -> bool:
    """Return whether the provider asked for a second factor, by the words of KOMEK_OIDC_STRONG in acr or amr."""
    amr = said.get("amr")
    return bool(provider.strong & {said.get("acr"), *(amr if isinstance(amr, list) else ())})


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
