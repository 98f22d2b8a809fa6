"""Signing in again: one token request, and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ireserve_integrations.errors import AuthError, IntegrationError, UnavailableError
from ireserve_integrations.kit.context import Context
from ireserve_integrations.model import Integration
from ireserve_resivo.plugin import ResivoPlugin
from ireserve_resivo.sandbox import ResivoSandbox

TOKEN = "POST /oauth2/token"

Lend = Callable[..., Context]


@pytest.fixture
def plugin() -> ResivoPlugin:
    return ResivoPlugin()


def lines(sandbox: ResivoSandbox) -> list[str]:
    return [f"{request.method} {request.path}" for request in sandbox.requests]


def test_a_new_token_is_asked_for_and_nothing_else(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    plugin.list_mapping_targets(one, lend(writes=0))
    sandbox.forget_requests()

    assert plugin.sign_in(one, lend()) is True
    assert lines(sandbox) == [TOKEN]


def test_what_is_asked_next_carries_the_new_token(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    plugin.list_mapping_targets(one, lend(writes=0))
    sandbox.drop_tokens()

    plugin.sign_in(one, lend())
    sandbox.forget_requests()
    plugin.list_mapping_targets(one, lend(writes=0))

    assert TOKEN not in lines(sandbox)


def test_a_refused_account_is_told(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    refused = replace(one, auth={**one.auth, "client_secret": "wrong"})

    with pytest.raises(AuthError, match="refused"):
        plugin.sign_in(refused, lend())
    assert lines(sandbox) == [TOKEN]


@pytest.mark.parametrize("fault", ["server_error", "rate_limited", "lost_reply"])
def test_what_fails_is_not_asked_again_by_itself(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend, fault: str
) -> None:
    sandbox.fault(fault, path="/oauth2/token$", times=9)

    with pytest.raises(UnavailableError):
        plugin.sign_in(one, lend())
    assert lines(sandbox) == [TOKEN]


def test_an_account_that_was_refused_keeps_no_older_token(
    plugin: ResivoPlugin, one: Integration, sandbox: ResivoSandbox, lend: Lend
) -> None:
    plugin.list_mapping_targets(one, lend(writes=0))
    sandbox.fault("server_error", path="/oauth2/token$", times=1)
    with pytest.raises(IntegrationError):
        plugin.sign_in(one, lend())
    sandbox.forget_requests()

    plugin.list_mapping_targets(one, lend(writes=0))

    assert lines(sandbox)[0] == TOKEN
