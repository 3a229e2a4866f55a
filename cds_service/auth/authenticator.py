"""Decides whether to accept a call. Cheap checks come first; an invalid token is not remembered."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from jwt import PyJWS
from jwt.exceptions import InvalidSignatureError, PyJWTError

from cds_service.auth.key_fetching import FetchedKeys
from cds_service.auth.tokens import Token, read_token
from cds_service.auth.used_tokens import MARGIN_S, ReplayStore, ReplayStoreError, token_key
from cds_service.keys.jwk import read_keys
from cds_service.protocol.caller import Caller
from cds_service.protocol.refusals import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from cds_service.configuration.auth_settings import AuthSettings, ClientSettings
    from cds_service.keys.jwk import VerificationKey


class _Keys(Protocol):
    def find(self, key_id: str, algorithm: str) -> VerificationKey: ...


@dataclass(frozen=True, slots=True)
class _Client:
    tenants: frozenset[str]
    keys: _Keys | None
    by_address: dict[str, _Keys]


class Authenticator:
    """Authenticates calls against the clients of one configuration."""

    def __init__(
        self,
        settings: AuthSettings,
        replay: ReplayStore,
        keys_at: Callable[[str], FetchedKeys] = FetchedKeys,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare the keys; ``keys_at`` returns the keys published at an address."""
        self._replay = replay
        self._clock = clock
        self._leeway_s = settings.leeway_s
        self._lifetime_s = settings.max_lifetime_s
        self._algorithms = frozenset(settings.algorithms)
        self._signatures = PyJWS(algorithms=list(settings.algorithms))
        self._clients = {each.issuer: _client(each, keys_at) for each in settings.clients}

    def authenticate(self, authorization: str | None, audience: str) -> Caller:
        """Return who calls the address ``audience`` with this ``Authorization`` header.

        Raises:
            Refused: the call is not accepted, with the reason.

        """
        token = read_token(authorization)
        try:
            return self._authenticate(token, audience)
        except Refused as refused:
            refused.details |= {"issuer": token.issuer, "key_id": token.key_id}
            raise

    def _authenticate(self, token: Token, audience: str) -> Caller:
        if token.algorithm not in self._algorithms:
            raise Refused(Reason.ALGORITHM_NOT_ALLOWED, algorithm=token.algorithm)
        client = self._clients.get(token.issuer)
        if client is None:
            raise Refused(Reason.ISSUER_NOT_ALLOWED)
        if audience not in token.audience:
            raise Refused(Reason.AUDIENCE_WRONG, expected=audience, audience=token.audience[0])
        self._check_times(token)
        self._check_signature(token, _key(client, token))
        # After the signature check, so that a stranger cannot find out which tenants exist.
        if client.tenants and token.tenant not in client.tenants:
            raise Refused(Reason.TENANT_NOT_ALLOWED, tenant=token.tenant)
        self._check_first(token)
        return Caller(token.issuer, token.tenant)

    def _check_times(self, token: Token) -> None:
        now = self._clock()
        if now >= token.expires + self._leeway_s:
            raise Refused(Reason.EXPIRED, by_s=round(now - token.expires))
        if token.issued > now + self._leeway_s:
            raise Refused(Reason.ISSUED_IN_FUTURE, by_s=round(token.issued - now))
        if token.not_before is not None and token.not_before > now + self._leeway_s:
            raise Refused(Reason.NOT_YET_VALID, by_s=round(token.not_before - now))
        # Also bounds the replay store: no accepted token is remembered for longer.
        if token.expires - token.issued > self._lifetime_s + self._leeway_s:
            raise Refused(Reason.LIFETIME_TOO_LONG, lifetime_s=round(token.expires - token.issued))

    def _check_signature(self, token: Token, key: VerificationKey) -> None:
        try:
            self._signatures.decode_complete(token.raw, key.public, algorithms=[token.algorithm])
        except InvalidSignatureError:
            raise Refused(Reason.SIGNATURE_WRONG) from None
        except PyJWTError:
            raise Refused(Reason.TOKEN_MALFORMED) from None

    def _check_first(self, token: Token) -> None:
        try:
            expires = math.ceil(token.expires) + MARGIN_S
            first = self._replay.is_first(token_key(token.issuer, token.id), expires, token.issued)
        except ReplayStoreError as error:
            raise Refused(Reason.REPLAY_STORE_UNAVAILABLE, problem=str(error)) from None
        if not first:
            raise Refused(Reason.REPLAYED, token_id=token.id)


def _client(settings: ClientSettings, keys_at: Callable[[str], FetchedKeys]) -> _Client:
    keys: _Keys | None = None
    if settings.jwks_url is not None:
        keys = keys_at(str(settings.jwks_url))
    elif settings.jwks is not None:
        keys, _ = read_keys(settings.jwks)
    return _Client(frozenset(settings.tenants), keys, {address: keys_at(address) for address in settings.jku})


def _key(client: _Client, token: Token) -> VerificationKey:
    """Find the key of a token among those of its client.

    An address in a token is only compared with the configured ones, and fetched only if the client has no other keys.
    If the client has no configured address, the one in the token is ignored.
    """
    keys = client.keys
    if client.by_address and token.key_address is not None:
        listed = client.by_address.get(token.key_address)
        if listed is None:
            raise Refused(Reason.KEY_ADDRESS_NOT_ALLOWED, key_address=token.key_address)
        keys = keys or listed
    if keys is None:
        raise Refused(Reason.KEY_ADDRESS_NOT_ALLOWED)
    return keys.find(token.key_id, token.algorithm)
