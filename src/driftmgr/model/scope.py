"""Where an object lives."""

import msgspec


class Scope(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Cloud + account (subscription, project, team) + region.

    ``region`` is ``None`` for what a cloud keeps once per account (AWS IAM, the list of S3 buckets).
    """

    cloud: str
    account: str
    region: str | None = None

    def __str__(self) -> str:
        return f"{self.cloud}/{self.account}/{self.region or 'global'}"
