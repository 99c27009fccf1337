"""Credentials of roles over a long scan."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conformance.emulator import Emulator
from driftmgr.clouds.aws.session import AwsSession

ROLE = "arn:aws:iam::111122223333:role/reader"


class Signed:
    """A client of an assumed role, and the access keys that its requests were signed with."""

    def __init__(self) -> None:
        self._session = AwsSession()
        account = self._session.assume(ROLE)
        self.account = account.id
        self.client = self._session.client(account, "sqs", "us-east-1")
        self.keys: list[str] = []
        self.client.meta.events.register("before-send.sqs", self._note)

    def _note(self, request: Any, **_: Any) -> None:
        authorization = request.headers["Authorization"]
        text = authorization.decode() if isinstance(authorization, bytes) else authorization
        self.keys.append(text.partition("Credential=")[2].partition("/")[0])

    def ask(self) -> None:
        """One request."""
        self.client.list_queues()

    def later(self, minutes: float) -> None:
        """Let time pass, as its credentials see it."""
        self.credentials._time_fetcher = lambda: datetime.now(UTC) + timedelta(minutes=minutes)

    @property
    def credentials(self) -> Any:
        """What botocore signs with."""
        return self.client._request_signer._credentials

    def close(self) -> None:
        """Let its connections go."""
        self._session.close()


def test_a_client_outlives_its_credentials(cloud: Emulator) -> None:
    """The same client goes on with new credentials of the role before its first ones expire, and not earlier."""
    signed = Signed()
    try:
        signed.ask()
        signed.later(50)
        signed.ask()
        signed.later(56)
        signed.ask()
        assert signed.account == "111122223333"
        assert signed.keys[0] == signed.keys[1] != signed.keys[2]
    finally:
        signed.close()


def test_a_renewal_that_fails_is_no_matter_while_there_is_time(
    cloud: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests go on with what they have; when that expires within a minute the failure is theirs."""

    def fails(*_: Any) -> Any:
        raise ConnectionResetError("STS is away")

    signed = Signed()
    try:
        signed.ask()
        signed.later(56)
        monkeypatch.setattr(signed.credentials, "_refresh_using", fails)
        signed.ask()
        assert signed.keys[0] == signed.keys[1]
        signed.later(59.5)
        with pytest.raises(ConnectionResetError):
            signed.ask()
    finally:
        signed.close()
