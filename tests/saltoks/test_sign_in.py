"""Signing in again: one token request, and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ireserve_integrations.errors import AuthError, IntegrationError, UnavailableError
from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import Integration
from ireserve_saltoks.plugin import SaltoksPlugin
from ireserve_saltoks.sandbox import SaltoksSandbox

TOKEN = "POST /connect/token"

Lend = Callable[..., Context]


@pytest.fixture
def plugin() -> SaltoksPlugin:
    return SaltoksPlugin()


def lines(salto: SaltoksSandbox) -> list[str]:
    return [f"{request.method} {request.path}" for request in salto.requests]


def test_a_new_token_is_asked_for_and_nothing_else(
    plugin: SaltoksPlugin, one: Integration, salto: SaltoksSandbox, lend: Lend
) -> None:
    plugin.list_mapping_targets(one, lend(writes=0))
    salto.forget_requests()

    assert plugin.sign_in(one, lend()) is True
    assert lines(salto) == [TOKEN]


def test_what_is_asked_next_carries_the_new_token(
    plugin: SaltoksPlugin, one: Integration, salto: SaltoksSandbox, lend: Lend
) -> None:
    plugin.list_mapping_targets(one, lend(writes=0))
    salto.drop_tokens()

    plugin.sign_in(one, lend())
    salto.forget_requests()
    plugin.list_mapping_targets(one, lend(writes=0))

    assert TOKEN not in lines(salto)


def test_a_refused_account_is_told(
    plugin: SaltoksPlugin, one: Integration, salto: SaltoksSandbox, lend: Lend
) -> None:
    refused = replace(one, auth={**one.auth, "password": "wrong"})

    with pytest.raises(AuthError, match="refused"):
        plugin.sign_in(refused, lend())
    assert lines(salto) == [TOKEN]


@pytest.mark.parametrize("fault", ["server_error", "rate_limited", "lost_reply"])
def test_what_fails_is_not_asked_again_by_itself(
    plugin: SaltoksPlugin, one: Integration, salto: SaltoksSandbox, lend: Lend, fault: str
) -> None:
    salto.fault(fault, path="/connect/token$", times=9)

    with pytest.raises(UnavailableError):
        plugin.sign_in(one, lend())
    assert lines(salto) == [TOKEN]


def test_an_account_that_was_refused_keeps_no_older_token(
    plugin: SaltoksPlugin, one: Integration, salto: SaltoksSandbox, lend: Lend
) -> None:
    plugin.list_mapping_targets(one, lend(writes=0))
    salto.fault("server_error", path="/connect/token$", times=1)
    with pytest.raises(IntegrationError):
        plugin.sign_in(one, lend())
    salto.forget_requests()

    plugin.list_mapping_targets(one, lend(writes=0))

    assert lines(salto)[0] == TOKEN
