"""Provider configurations as a state names them."""

import re

import msgspec

DEFAULT_HOSTS = ("registry.terraform.io", "registry.opentofu.org")
"""Where Terraform and OpenTofu look for a provider without a host: the same providers under two addresses."""

_PLACES = 2
"""Host and namespace, before a provider's type."""
_NEW = re.compile(
    r'(?:(?P<module>module\..+?)\.)?provider\["(?P<host>[^/"]+)/(?P<namespace>[^/"]+)/(?P<type>[^/"]+)"\]'
    r"(?:\.(?P<alias>[\w-]+))?(?P<key>\[.+\])?\Z"
)
_OLD = re.compile(r"(?:(?P<module>module\..+?)\.)?provider\.(?P<type>[\w-]+)(?:\.(?P<alias>[\w-]+))?\Z")


class ProviderReference(msgspec.Struct, frozen=True, kw_only=True):
    """``module.m.provider["registry.terraform.io/hashicorp/aws"].west["key"]``; ``key`` is OpenTofu's ``for_each``."""

    host: str
    namespace: str
    type: str
    alias: str | None = None
    module: str | None = None
    key: str | None = None

    @classmethod
    def parse(cls, text: str) -> "ProviderReference":
        """Read what a state says; raises ``ValueError`` naming it."""
        if found := _NEW.match(text):
            return cls(**found.groupdict())
        if found := _OLD.match(text):
            # Before Terraform 0.13 all providers were HashiCorp's.
            return cls(host=DEFAULT_HOSTS[0], namespace="hashicorp", **found.groupdict())
        raise ValueError(f"not a provider configuration: {text!r}")

    @classmethod
    def named(cls, text: str) -> "ProviderReference":
        """Read what a person writes: ``aws``, ``hashicorp/aws.west``, ``host/hashicorp/aws``; raises ``ValueError``."""
        *places, last = text.split("/")
        kind, _, alias = last.partition(".")
        if len(places) > _PLACES or not all((*places, kind)):
            raise ValueError(f"not a provider: {text!r}")
        host, namespace = [DEFAULT_HOSTS[0], "hashicorp"][: _PLACES - len(places)] + places
        return cls(host=host, namespace=namespace, type=kind, alias=alias or None)

    @property
    def address(self) -> str:
        """The provider's address: ``registry.terraform.io/hashicorp/aws``."""
        return f"{self.host}/{self.namespace}/{self.type}"

    @property
    def name(self) -> str:
        """Address and alias, as DriftMgr's own configuration names it: ``.../aws`` or ``.../aws.west``."""
        return f"{self.address}.{self.alias}" if self.alias else self.address

    def __str__(self) -> str:
        """As a state names it; a configuration of the root module."""
        return f'provider["{self.address}"]' + (f".{self.alias}" if self.alias else "")

    def is_source(self, source: str) -> bool:
        """Whether a ``source`` of ``required_providers`` means this provider."""
        parts = source.split("/")
        if len(parts) == 1:
            parts = ["hashicorp", *parts]
        named = [part.lower() for part in parts]
        mine = [self.namespace.lower(), self.type.lower()]
        if len(named) == len(mine):
            return named == mine and self.host in DEFAULT_HOSTS
        return named[1:] == mine and (named[0] == self.host or {named[0], self.host} <= set(DEFAULT_HOSTS))
