"""A vault under a KMS key, against the emulator's KMS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.emulator import Emulator
from driftmgr.clouds.aws.kms import KmsSource
from driftmgr.model import DriftMgrError
from driftmgr.store.vault import Passphrase, Vault, VaultError


@pytest.fixture(scope="module")
def kms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A KMS client."""
    emulator = Emulator(tmp_path_factory.mktemp("emulator") / "moto.log")
    yield emulator.client("kms")
    emulator.stop()


def test_a_vault_opens_by_its_kms_key_and_no_other_way(kms: Any, tmp_path: Path) -> None:
    """What is written under a KMS key is read by asking the KMS, without naming the key again."""
    path = tmp_path / "vault.json"
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    Vault(path, KmsSource(lambda: kms, key_id)).create()
    Vault(path, KmsSource(lambda: kms)).set("a", b"secret")
    assert Vault(path, KmsSource(lambda: kms)).get("a") == b"secret"
    with pytest.raises(VaultError, match="opened by a KMS"):
        Vault(path, Passphrase("x")).get("a")


def test_a_wrapped_key_is_bound_to_its_vault(kms: Any, tmp_path: Path) -> None:
    """The header of one vault does not open another: the KMS refuses another encryption context."""
    source = KmsSource(lambda: kms, kms.create_key()["KeyMetadata"]["KeyId"])
    header, key = source.make("one")
    assert source.find(header, "one") == key
    with pytest.raises(DriftMgrError, match="AWS KMS"):
        source.find(header, "other")


def test_a_refusal_says_what_to_do(kms: Any) -> None:
    """A key that is not there is an error with a hint, not a traceback."""
    with pytest.raises(DriftMgrError) as caught:
        KmsSource(lambda: kms, "00000000-0000-0000-0000-000000000000").make("vault")
    assert caught.value.hint
