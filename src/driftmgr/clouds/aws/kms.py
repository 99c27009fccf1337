"""A vault's key from AWS KMS: made by GenerateDataKey, unwrapped by Decrypt, bound to its vault by a context."""

import base64
from collections.abc import Callable
from typing import Any

from driftmgr.clouds.aws.session import credentials_problem
from driftmgr.store.vault import KeyHeader, KmsKey, VaultError

_CONTEXT = "driftmgr:vault"


class KmsSource:
    """``KeySource`` of a KMS key; ``client_of`` makes a KMS client when one is needed."""

    def __init__(self, client_of: Callable[[], Any], key_id: str = "") -> None:
        self._client_of = client_of
        self._key_id = key_id

    def make(self, vault_id: str) -> tuple[KeyHeader, bytes]:
        """A new key; raises ``DriftMgrError``."""
        made = self._ask(
            "generate_data_key", KeyId=self._key_id, KeySpec="AES_256", EncryptionContext={_CONTEXT: vault_id}
        )
        wrapped = base64.b64encode(made["CiphertextBlob"]).decode()
        return KmsKey(key_id=made["KeyId"], wrapped=wrapped), bytes(made["Plaintext"])

    def find(self, header: KeyHeader, vault_id: str) -> bytes:
        """The key of a vault; raises ``DriftMgrError``."""
        if not isinstance(header, KmsKey):
            raise VaultError("this vault is not under a KMS key", hint="see driftmgr vault --help")
        found = self._ask(
            "decrypt",
            KeyId=header.key_id,
            CiphertextBlob=base64.b64decode(header.wrapped),
            EncryptionContext={_CONTEXT: vault_id},
        )
        return bytes(found["Plaintext"])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client_of(), method)(**parameters)
        except Exception as error:
            raise credentials_problem("AWS KMS", error) from error
        return answer
