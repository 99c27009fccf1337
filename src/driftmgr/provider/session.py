"""A configured provider: started, its schemas known, and what it can be asked of one instance."""

import base64
import binascii
import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from google.protobuf.message import DecodeError

from driftmgr.model import ResourceInstance, decode_attributes
from driftmgr.provider.errors import NotImplementedByProviderError, ProviderDiedError, ProviderError, raise_errors
from driftmgr.provider.messages import Protocol, messages_of
from driftmgr.provider.noise import Answers, configuration, proposed
from driftmgr.provider.normal import breaches_write_only, normalized
from driftmgr.provider.process import Launch, ProviderProcess
from driftmgr.provider.schema import IdentitySchema, ProviderSchemas, TypeSchema, identity_schema
from driftmgr.provider.stored import without_removed
from driftmgr.provider.values import ValueFormatError, decode, decode_json, encode, is_known

TERRAFORM_VERSION = "1.11.4"
"""What we say we are: providers change with it what they send, and this is the version our parity was measured with."""

Configure = Callable[[TypeSchema], Mapping[str, Any]]
"""From the schema of a provider's configuration to the complete value of one; raises ``ProviderError``."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides of one instance: recorded (in the provider's newest form) and observed, ``None`` if it is gone."""

    recorded: dict[str, Any]
    observed: dict[str, Any] | None
    private: bytes = b""
    identity: dict[str, Any] | None = None


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One object that a provider lists: its identity, its name for people and, if it came along, its values."""

    type: str
    name: str
    identity: dict[str, Any] | None
    values: dict[str, Any] | None


class SchemaCache:
    """Schemas of providers, kept by the hash of the package and the protocol; a cache that fails is no cache."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str, protocol: Protocol) -> Any | None:
        """The kept ``Schemas`` message, ``None`` if there is none that can be read."""
        try:
            return messages_of(protocol)["Schemas"].FromString(self._path(key, protocol).read_bytes())
        except (OSError, DecodeError):
            return None

    def put(self, key: str, protocol: Protocol, message: Any) -> None:
        """Keep a message."""
        path = self._path(key, protocol)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(message.SerializeToString())
            Path(name).replace(path)

    def _path(self, key: str, protocol: Protocol) -> Path:
        return self._folder / f"{key}.{protocol}.schemas"


class Session:
    """One provider process with one configuration, an asynchronous context manager.

    ``schema_key`` is the hash of the verified package: with it the schemas are taken from the ``cache``.
    """

    def __init__(
        self, launch: Launch, configure: Configure, *, cache: SchemaCache | None = None, schema_key: str | None = None
    ) -> None:
        self.process = ProviderProcess(launch)
        self._configure = configure
        self._cache = cache
        self._key = schema_key
        self._schemas: ProviderSchemas | None = None
        self._identities: Mapping[str, IdentitySchema] | None = None

    async def __aenter__(self) -> Self:
        await self.process.__aenter__()
        try:
            await self._open()
        except BaseException:
            await self.process.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.process.stop()

    @property
    def schemas(self) -> ProviderSchemas:
        """The provider's schemas."""
        if self._schemas is None:
            raise ProviderDiedError("the provider is not started")
        return self._schemas

    async def _open(self) -> None:
        protocol: Any = self.process.protocol
        message = self._cache.get(self._key, protocol) if self._cache and self._key else None
        if message is None:
            message = await self.process.call("schema")
            raise_errors(message.diagnostics, "the provider's schema")
            if self._cache and self._key:
                self._cache.put(self._key, protocol, message)
        self._schemas = ProviderSchemas(message)
        schema = self._schemas.provider
        config = self._value(encode(self._configure(schema), schema.type))
        answer = await self.process.call("validate", self.process.message("ValidateRequest", config=config))
        raise_errors(answer.diagnostics, "the provider's configuration")
        request = self.process.message(
            "ConfigureRequest",
            terraform_version=TERRAFORM_VERSION,
            config=config,
            client_capabilities=self._capabilities(),
        )
        answer = await self.process.call("configure", request)
        raise_errors(answer.diagnostics, "the provider's configuration")

    async def read(self, instance: ResourceInstance) -> Read:
        """Ask the provider what became of an instance; raises ``ProviderError``."""
        schema = self._schema_of(instance)
        private = _private(instance)
        upgraded = await self._upgraded(instance, schema)
        recorded = self._decoded(schema, upgraded, "the recorded state")
        answer = await self._ask(instance.type, upgraded, private, **await self._identity(instance))
        observed = self._decoded(schema, self._bytes(schema, answer.new_state), "the provider's answer")
        if recorded is None:
            raise ProviderError("the provider upgraded the recorded state to nothing", reason="stale_schema")
        identity = await self._decoded_identity(instance.type, answer.new_identity)
        if observed is not None and (problem := _other_object(instance, identity)):
            raise ProviderError(problem, reason="unsupported")
        return Read(recorded=recorded, observed=observed, private=answer.private, identity=identity)

    async def imported(self, resource_type: str, identity: str) -> dict[str, Any] | None:
        """The values of one object that no state knows, by its import id; ``None`` if the provider finds none.

        As Terraform imports: what the provider makes of the id is read. Raises ``ProviderError``.
        """
        if resource_type not in self.schemas:
            raise _no_such_type(resource_type)
        schema = self.schemas[resource_type]
        request = self.process.message(
            "ImportRequest", type_name=resource_type, id=identity, client_capabilities=self._capabilities()
        )
        answer = await self.process.call("import", request)
        raise_errors(answer.diagnostics, "import")
        _refuse_deferral(answer)
        # One id may bring objects of other types along (a group and its rules).
        made = [item for item in answer.imported_resources if item.type_name == resource_type]
        if len(made) != 1:
            raise ProviderError(f"import: {identity} is {len(made)} objects of {resource_type}", reason="unsupported")
        known = {"current_identity": made[0].identity} if made[0].HasField("identity") else {}
        found = await self._ask(resource_type, self._bytes(schema, made[0].state), made[0].private, **known)
        return self._decoded(schema, self._bytes(schema, found.new_state), "the provider's answer")

    async def _ask(self, resource_type: str, state: bytes, private: bytes, **identity: Any) -> Any:
        request = self.process.message(
            "ReadRequest",
            type_name=resource_type,
            current_state=self._value(state),
            private=private,
            client_capabilities=self._capabilities(),
            **self._meta(),
            **identity,
        )
        answer = await self.process.call("read", request)
        raise_errors(answer.diagnostics, "read")
        _refuse_deferral(answer)
        return answer

    async def listed(self, resource_type: str) -> tuple[Listed, ...]:
        """Every object of a type, with its values, as the provider lists them; raises ``ProviderError``."""
        config, schema = self.schemas.list_resource(resource_type), self.schemas[resource_type]
        if config is None:
            raise ProviderError(f"the provider does not list {resource_type}", reason="unsupported")
        request = self.process.message(
            "ListRequest",
            type_name=resource_type,
            config=self._value(encode(configuration(config.block, {}), config.type)),
            include_resource_object=True,
        )
        events: list[Any] = []
        await self.process.stream("list", request, events.append)
        found: list[Listed] = []
        for event in events:
            raise_errors(event.diagnostic, "list")
            values = self._decoded(schema, self._bytes(schema, event.resource_object), "a listed object")
            identity = await self._decoded_identity(resource_type, event.identity)
            found.append(Listed(type=resource_type, name=event.display_name, identity=identity, values=values))
        return tuple(found)

    async def planned(self, instance: ResourceInstance, read: Read) -> Answers:
        """What the provider would do about the differences of an instance; raises ``ProviderError``."""
        schema = self._schema_of(instance)
        first, replaces = await self._plan(instance, schema, read, chosen=True)
        second, _ = await self._plan(instance, schema, read, chosen=False)
        return Answers(configured=first, unconfigured=second, replaces=replaces)

    async def read_data(self, name: str) -> Mapping[str, Any] | None:
        """Read a data source without arguments; ``None`` if the provider lacks it. Raises ``ProviderError``."""
        schema = self.schemas.data_source(name)
        if schema is None:
            return None
        nothing = configuration(schema.block, {})
        request = self.process.message(
            "DataRequest", type_name=name, config=self._value(encode(nothing, schema.type)), **self._meta()
        )
        answer = await self.process.call("read_data", request)
        raise_errors(answer.diagnostics, name)
        found = self._decoded(schema, self._bytes(schema, answer.state), name)
        return found or {}

    async def _identity_schema(self, resource_type: str) -> IdentitySchema | None:
        if self._identities is None:
            try:
                answer = await self.process.call("identity_schemas")
            except NotImplementedByProviderError:
                self._identities = {}
            else:
                raise_errors(answer.diagnostics, "the provider's identity schemas")
                self._identities = {name: identity_schema(item) for name, item in answer.identity_schemas.items()}
        return self._identities.get(resource_type)

    async def _identity(self, instance: ResourceInstance) -> dict[str, Any]:
        """The recorded identity as an argument of a read, in the provider's newest form; nothing if there is none."""
        schema = None if instance.identity is None else await self._identity_schema(instance.type)
        if schema is None or instance.identity is None:
            return {}
        document = bytes(instance.identity)
        if instance.identity_version < schema.version:
            request = self.process.message(
                "UpgradeIdentityRequest",
                type_name=instance.type,
                version=instance.identity_version,
                raw_identity=self.process.message("RawState", json=document),
            )
            answer = await self.process.call("upgrade_identity", request)
            raise_errors(answer.diagnostics, "the recorded identity")
            return {"current_identity": answer.upgraded_identity}
        try:
            data = encode(decode_json(document, schema.type), schema.type)
        except ValueFormatError as error:
            raise ProviderError(f"the recorded identity does not fit: {error}", reason="stale_schema") from error
        return {"current_identity": self.process.message("Identity", identity_data=self._value(data))}

    async def _decoded_identity(self, resource_type: str, message: Any) -> dict[str, Any] | None:
        data = message.identity_data.msgpack
        schema = await self._identity_schema(resource_type) if data else None
        if schema is None:
            return None
        try:
            found: dict[str, Any] | None = decode(data, schema.type)
        except ValueFormatError as error:
            raise ProviderError(f"an identity does not fit its schema: {error}", reason="unsupported") from error
        return found

    def _schema_of(self, instance: ResourceInstance) -> TypeSchema:
        if instance.type not in self.schemas:
            raise _no_such_type(instance.type)
        schema = self.schemas[instance.type]
        if instance.schema_version > schema.schema.version:
            message = (
                f"recorded by a newer provider (schema version {instance.schema_version}, the installed one has "
                f"{schema.schema.version})"
            )
            raise ProviderError(message, reason="stale_schema")
        return schema

    async def _upgraded(self, instance: ResourceInstance, schema: TypeSchema) -> bytes:
        document = bytes(instance.document)
        if instance.schema_version == schema.schema.version:
            document = without_removed(document, schema.type)
        request = self.process.message(
            "UpgradeRequest",
            type_name=instance.type,
            version=instance.schema_version,
            raw_state=self.process.message("RawState", json=document),
        )
        answer = await self.process.call("upgrade", request)
        if answer.diagnostics:
            try:
                raise_errors(answer.diagnostics, "the recorded state cannot be brought to the provider's schema")
            except ProviderError as error:
                raise ProviderError(error.message, reason="stale_schema") from error
        return self._bytes(schema, answer.upgraded_state)

    async def _plan(
        self, instance: ResourceInstance, schema: TypeSchema, read: Read, *, chosen: bool
    ) -> tuple[Mapping[str, Any], frozenset[str]]:
        prior = read.observed or {}
        config = configuration(schema.block, read.recorded, chosen=chosen)
        request = self.process.message(
            "PlanRequest",
            type_name=instance.type,
            prior_state=self._value(encode(prior, schema.type)),
            proposed_new_state=self._value(encode(proposed(schema.block, prior, config), schema.type)),
            config=self._value(encode(config, schema.type)),
            prior_private=read.private,
            client_capabilities=self._capabilities(),
            **self._meta(),
        )
        answer = await self.process.call("plan", request)
        raise_errors(answer.diagnostics, "plan")
        try:
            planned = normalized(schema, decode(self._bytes(schema, answer.planned_state), schema.type))
        except ValueFormatError as error:
            raise ProviderError(f"plan: {error}", reason="unsupported") from error
        replaces = (path.steps[0].attribute_name for path in answer.requires_replace if path.steps)
        return planned or {}, frozenset(replaces)

    def _decoded(self, schema: TypeSchema, data: bytes, what: str) -> dict[str, Any] | None:
        try:
            value = normalized(schema, decode(data, schema.type))
        except ValueFormatError as error:
            raise ProviderError(f"{what} does not fit the provider's schema: {error}", reason="unsupported") from error
        if not is_known(value):
            raise ProviderError(f"{what} holds values that are not known", reason="unsupported")
        if value is not None and (path := breaches_write_only(schema.block, value)):
            raise ProviderError(f"{what} holds a value for the write-only attribute {path}", reason="unsupported")
        found: dict[str, Any] | None = value
        return found

    def _bytes(self, schema: TypeSchema, value: Any) -> bytes:
        if value.msgpack or not value.json:
            return bytes(value.msgpack) or encode(None, schema.type)
        try:
            return encode(decode_json(value.json, schema.type), schema.type)
        except ValueFormatError as error:
            message = f"the provider's answer does not fit its own schema: {error}"
            raise ProviderError(message, reason="unsupported") from error

    def _value(self, data: bytes) -> Any:
        return self.process.message("DynamicValue", msgpack=data)

    def _meta(self) -> dict[str, Any]:
        meta = self.schemas.meta
        return {} if meta is None else {"provider_meta": self._value(encode(None, meta.type))}

    def _capabilities(self) -> Any:
        return self.process.message("Capabilities", deferral_allowed=False, write_only_attributes_allowed=True)


def _no_such_type(name: str) -> ProviderError:
    return ProviderError(f"this version of the provider has no type {name}", reason="unsupported")


def _refuse_deferral(answer: Any) -> None:
    if answer.HasField("deferred"):
        raise ProviderError("the provider put off the answer though nobody allowed it to", reason="unsupported")


def _other_object(instance: ResourceInstance, identity: Mapping[str, Any] | None) -> str | None:
    """Says so if the provider read another object: what was recorded of its identity is different."""
    if instance.identity is None or identity is None:
        return None
    recorded = decode_attributes(instance.identity)
    said = {name: value for name, value in recorded.items() if value is not None}
    changed = sorted(name for name, value in said.items() if identity.get(name, value) != value)
    return f"the provider read another object: its identity differs in {', '.join(changed)}" if changed else None


def _private(instance: ResourceInstance) -> bytes:
    try:
        return base64.b64decode(instance.private or "", validate=True)
    except binascii.Error as error:
        raise ProviderError("what the provider keeps in the state is not base64", reason="stale_schema") from error
