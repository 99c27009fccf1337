"""A Terraform provider in Python, protocol 5 or 6, with the faults that a provider can have. Run as a program.

``FAKE_PROVIDER`` is JSON: ``protocol``, ``tls`` (``none``, ``p521``, ``rsa1024``), ``fault``, ``cloud`` (a JSON file of
the objects that exist, by id) and ``log`` (a file that gets one line per call). An object of the cloud may hold
``!fault`` instead of attributes: then reading it panics, hangs, fails and so on.
"""

import asyncio
import base64
import json
import os
import ssl
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError
from grpclib.server import Server

from driftmgr.provider.messages import CALLS, SHUTDOWN, STDIO, messages_of, method_path
from driftmgr.provider.schema import type_schema
from driftmgr.provider.values import UNKNOWN, Dynamic, decode, encode

SETTINGS: dict[str, Any] = json.loads(os.environ.get("FAKE_PROVIDER", "{}"))
PROTOCOL: Any = SETTINGS.get("protocol", 6)
MESSAGES = messages_of(PROTOCOL)
SCHEMA_VERSION = 2
IDENTITY = ("id", "account_id", "subscription_id", "project", "access_token")
CURRENT = {
    "string": '"string"',
    "number": '"number"',
    "map": '["map","string"]',
    "dynamic": '"dynamic"',
    "list": '["list","string"]',
}


def message(kind: str, /, **fields: Any) -> Any:
    """A message of the protocol that is spoken."""
    return MESSAGES[kind](**fields)


def attribute(name: str, kind: str, words: str) -> Any:
    """``attribute("size", "number", "optional computed")``."""
    return message("Attribute", name=name, type=CURRENT[kind].encode(), **dict.fromkeys(words.split(), True))


def thing_block() -> Any:
    """The block of ``fake_thing``: an attribute of every kind, a set block and, in protocol 6, a nested attribute."""
    rule = message(
        "Block", attributes=[attribute("port", "number", "required"), attribute("cidr", "string", "optional")]
    )
    attributes = [
        attribute("id", "string", "computed"),
        attribute("name", "string", "required"),
        attribute("note", "string", "optional"),
        attribute("size", "number", "optional"),
        attribute("zone", "string", "optional computed"),
        attribute("stamp", "string", "computed"),
        attribute("secret", "string", "optional sensitive"),
        attribute("token", "string", "optional write_only"),
        attribute("tags", "map", "optional"),
        attribute("names", "list", "optional"),
        attribute("anything", "dynamic", "optional"),
    ]
    if PROTOCOL == 6:
        inner = [attribute("host", "string", "optional"), attribute("port", "number", "optional computed")]
        attributes.append(
            message(
                "Attribute", name="spec", optional=True, nested_type=message("NestedType", attributes=inner, nesting=1)
            )
        )
    blocks = [message("NestedBlock", type_name="rule", block=rule, nesting=3)]
    return message("Block", attributes=attributes, block_types=blocks)


def thing_schema() -> Any:
    """The schema of ``fake_thing``."""
    return message("Schema", version=SCHEMA_VERSION, block=thing_block())


def provider_schema() -> Any:
    """The schema of the provider's configuration."""
    block = message(
        "Block", attributes=[attribute("region", "string", "optional"), attribute("retries", "number", "optional")]
    )
    return message("Schema", block=block)


def schemas() -> Any:
    """All schemas; with the fault ``huge`` about 6 MB of them."""
    made = message("Schemas", provider=provider_schema())
    made.resource_schemas["fake_thing"].CopyFrom(thing_schema())
    identity = message("Block", attributes=[attribute(n, "string", "computed") for n in IDENTITY])
    for name in SETTINGS.get("data", ("aws_caller_identity", "aws_region")):
        made.data_source_schemas[name].CopyFrom(message("Schema", block=identity))
    config = message("Block", attributes=[attribute("prefix", "string", "optional")])
    made.list_resource_schemas["fake_thing"].CopyFrom(message("Schema", block=config))
    if SETTINGS.get("fault") == "huge":
        for number in range(16_000):
            made.resource_schemas[f"fake_{number}"].CopyFrom(thing_schema())
    return made


THING = type_schema(thing_schema())


class FakeProvider:
    """The calls, as grpclib wants them."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._stopping = stopping

    def __mapping__(self) -> Mapping[str, Handler]:
        known = {
            method_path(PROTOCOL, call): self._handler(call, getattr(self, f"answer_{call}", None), request, answer)
            for call, (_, request, answer) in CALLS.items()
        }
        # Not in the engine's table: whoever calls it leaves a line in the log.
        apply = f"/tfplugin{PROTOCOL}.Provider/ApplyResourceChange"
        known[apply] = self._handler("APPLY", None, "Empty", "Empty")
        # Terraform itself calls these too.
        for name in ("ValidateResourceTypeConfig", "ValidateResourceConfig"):
            known[f"/tfplugin{PROTOCOL}.Provider/{name}"] = self._handler("validate_resource", None, "Empty", "Empty")
        known[SHUTDOWN] = self._handler("shutdown", self.answer_shutdown, "Empty", "Empty")
        known[STDIO] = self._handler("stdio", None, "Empty", "Empty")
        return known

    def _handler(self, name: str, function: Any, request: str, answer: str) -> Handler:
        async def handle(stream: Any) -> None:
            received = await stream.recv_message()
            note(name, received)
            if SETTINGS.get("fault") == f"hang in {name}":
                await asyncio.sleep(3600)
            if SETTINGS.get("fault") == f"hang up in {name}":
                # It serves on: whoever connects anew is answered.
                SETTINGS.pop("fault")
                stream._stream._transport.abort()  # no server hangs up by itself
                return
            if SETTINGS.get("fault") == f"no {name}":
                raise GRPCError(Status.UNIMPLEMENTED)
            if function is None:
                await stream.send_message(MESSAGES[answer]())
            elif name == "list":
                for event in function(received):
                    await stream.send_message(event)
            else:
                await stream.send_message(await function(received))

        streams = name in {"list", "stdio"}
        cardinality = Cardinality.UNARY_STREAM if streams else Cardinality.UNARY_UNARY
        return Handler(handle, cardinality, MESSAGES[request], MESSAGES[answer])

    async def answer_identity_schemas(self, _request: Any) -> Any:
        made = message("IdentitySchemas")
        if SETTINGS.get("identity"):
            named = [message("IdentityAttribute", name="key", type=b'"string"')]
            made.identity_schemas["fake_thing"].CopyFrom(message("IdentitySchema", version=2, attributes=named))
        return made

    async def answer_upgrade_identity(self, request: Any) -> Any:
        old = json.loads(request.raw_identity.json)
        return message("UpgradeIdentityResponse", upgraded_identity=identity_of(old["name"]))

    async def answer_schema(self, _request: Any) -> Any:
        return schemas()

    async def answer_configure(self, request: Any) -> Any:
        config = decode(request.config.msgpack, type_schema(provider_schema()).type)
        if config["region"] == "nowhere":
            return message("ConfigureResponse", diagnostics=[error("no such region", "AccessDenied")])
        return message("ConfigureResponse", diagnostics=[message("Diagnostic", severity=2, summary="a warning")])

    async def answer_upgrade(self, request: Any) -> Any:
        raw = json.loads(request.raw_state.json, parse_float=Decimal)
        # Version 1 called the note a comment.
        if request.version == 1:
            raw["note"] = raw.pop("comment", None)
        value = thing(raw)
        return message("UpgradeResponse", upgraded_state=packed(value))

    async def answer_read(self, request: Any) -> Any:
        state = decode(request.current_state.msgpack, THING.type)
        found = cloud().get(state["id"])
        if found is None:
            return message("ReadResponse", new_state=packed(None), private=request.private)
        if reads() <= SETTINGS.get("refusals", 0):
            return message("ReadResponse", diagnostics=[error(SETTINGS["refusal"], "")])
        fault = found.get("!fault")
        if fault is not None:
            return await faulty(fault, state, request)
        made = message("ReadResponse", new_state=packed(state | thing(found, base=state)), private=request.private)
        if SETTINGS.get("identity"):
            made.new_identity.CopyFrom(identity_of(found.get("!key", state["id"])))
        return made

    async def answer_read_data(self, request: Any) -> Any:
        account = SETTINGS.get("account")
        if account is None:
            return message("DataResponse", diagnostics=[error("no identity", "AccessDenied")])
        kind = type_schema(schemas().data_source_schemas[request.type_name]).type
        value = {"id": SETTINGS.get("region", "")} | dict.fromkeys(IDENTITY[1:], account)
        value["access_token"] = "a token of the fake cloud"
        return message("DataResponse", state=message("DynamicValue", msgpack=encode(value, kind)))

    async def answer_plan(self, request: Any) -> Any:
        if SETTINGS.get("fault") == "plan fails":
            return message("PlanResponse", diagnostics=[error("cannot plan", "")])
        prior = decode(request.prior_state.msgpack, THING.type)
        planned = decode(request.proposed_new_state.msgpack, THING.type)
        if str(planned["name"]).lower() == str(prior["name"]).lower():
            planned["name"] = prior["name"]
        changes = planned != prior
        if changes:
            planned["stamp"] = UNKNOWN
        replaced = [step_path("zone")] if planned["zone"] != prior["zone"] else []
        return message("PlanResponse", planned_state=packed(planned), requires_replace=replaced)

    async def answer_import(self, request: Any) -> Any:
        if request.id == "not an id":
            return message("ImportResponse", diagnostics=[error("unexpected format of ID", "")])
        # As many providers do: nothing is looked up before the read.
        state = packed(thing({"id": request.id}))
        made = message("ImportedResource", type_name=request.type_name, state=state, private=b"imported")
        if SETTINGS.get("identity"):
            made.identity.CopyFrom(identity_of(request.id))
        rule = message("ImportedResource", type_name="fake_rule")
        several = [made, made] if request.id == "two" else [made, rule]
        return message("ImportResponse", imported_resources=several)

    def answer_list(self, request: Any) -> Any:
        for number, (name, found) in enumerate(sorted(cloud().items())):
            if request.limit and number >= request.limit:
                return
            event = message("ListEvent", display_name=f"thing {name}")
            if SETTINGS.get("identity"):
                event.identity.CopyFrom(identity_of(name))
            if "!fault" in found:
                event.diagnostic.append(error("listing", "AccessDenied"))
            if request.include_resource_object:
                unnamed = {} if SETTINGS.get("fault") == "no ids" else {"id": name}
                event.resource_object.CopyFrom(packed(thing({**unnamed, **found})))
            yield event

    async def answer_shutdown(self, _request: Any) -> Any:
        if SETTINGS.get("fault") != "does not leave":
            self._stopping.set()
        return message("Empty")


def identity_of(key: str) -> Any:
    """The identity of a thing."""
    data = encode({"key": key}, ["object", {"key": "string"}])
    return message("Identity", identity_data=message("DynamicValue", msgpack=data))


async def faulty(fault: str, state: Any, request: Any) -> Any:
    """The answer of a read that goes wrong."""
    if fault == "panic":
        sys.stderr.write("panic: runtime error: invalid memory address\n\ngoroutine 1 [running]:\n")
        sys.stderr.flush()
        os._exit(2)
    if fault == "hang":
        await asyncio.sleep(3600)
    if fault == "slow":
        await asyncio.sleep(0.3)
    if fault == "error":
        return message("ReadResponse", diagnostics=[error("reading the thing", "AccessDenied: not for you")])
    if fault == "deferred":
        deferred = message("Deferred", reason=1)
        return message("ReadResponse", new_state=packed(state), deferred=deferred)
    if fault == "json":
        text = json.dumps(state | {"note": "in JSON"}).encode()
        return message("ReadResponse", new_state=message("DynamicValue", json=text))
    changed = {"unknown": {"note": UNKNOWN}, "write-only": {"token": "kept"}, "slow": {}}[fault]
    return message("ReadResponse", new_state=packed(state | changed), private=request.private)


def thing(raw: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A complete value of ``fake_thing`` from what is given."""
    empty: dict[str, Any] = dict.fromkeys(THING.type[1]) | {
        "rule": None if SETTINGS.get("fault") == "null blocks" else []
    }
    made = (dict(base) if base else empty) | {name: item for name, item in raw.items() if name in THING.type[1]}
    if isinstance(made["anything"], dict):
        made["anything"] = Dynamic(made["anything"]["type"], made["anything"]["value"])
    return made


def packed(value: Any) -> Any:
    """A value of ``fake_thing`` for the wire."""
    return message("DynamicValue", msgpack=encode(value, THING.type))


def error(summary: str, detail: str) -> Any:
    """An error diagnostic."""
    return message("Diagnostic", severity=1, summary=summary, detail=detail)


def step_path(name: str) -> Any:
    """The path of an attribute."""
    return message("AttributePath", steps=[message("Step", attribute_name=name)])


def cloud() -> dict[str, Any]:
    """The objects that exist, read anew each time."""
    found: dict[str, Any] = json.loads(Path(SETTINGS["cloud"]).read_text()) if "cloud" in SETTINGS else {}
    return found


def reads() -> int:
    """How many reads there were so far, this one too."""
    return Path(SETTINGS["log"]).read_text().splitlines().count("read") if "refusals" in SETTINGS else 1


def note(name: str, received: Any) -> None:
    """Write down a call, and the private bytes it brought."""
    if "log" in SETTINGS:
        private = getattr(received, "private", b"") if name == "read" else b""
        with Path(SETTINGS["log"]).open("a") as file:
            file.write(f"{name} {private.decode()}".strip() + "\n")


def server_certificate(kind: str) -> tuple[bytes, Any]:
    """A self-signed certificate for localhost and its key."""
    key: Any = ec.generate_private_key(ec.SECP521R1()) if kind == "p521" else rsa.generate_private_key(65537, 1024)  # noqa: S505  # as weak as the Python SDK's
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER), key


def server_tls(kind: str) -> tuple[ssl.SSLContext, str]:
    """TLS as go-plugin serves it, and the certificate as the handshake line brings it."""
    der, key = server_certificate(kind)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2"])
    with tempfile.NamedTemporaryFile("wb", suffix=".pem") as file:
        file.write(ssl.DER_cert_to_PEM_cert(der).encode())
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        file.flush()
        if kind == "rsa1024":
            context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.load_cert_chain(file.name)
    if kind == "p521":
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=os.environ["PLUGIN_CLIENT_CERT"])
    return context, base64.b64encode(der).decode().rstrip("=")


def say(line: str) -> None:
    """Write a line to the standard output at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main() -> None:
    """Serve until told to leave."""
    fault = SETTINGS.get("fault")
    if fault == "says nothing":
        await asyncio.sleep(3600)
    if fault == "ends at once":
        sys.exit("fatal error: no such flag")
    if fault == "no provider":
        say("Usage: this is not a plugin")
        await asyncio.sleep(3600)
    stopping = asyncio.Event()
    kind = SETTINGS.get("tls", "none")
    context, certificate = server_tls(kind) if kind != "none" else (None, "")
    # Terraform leaves the place of the socket to the provider.
    socket = f"{os.environ.get('PLUGIN_UNIX_SOCKET_DIR') or tempfile.mkdtemp(prefix='fake')}/fake.sock"
    server = Server([FakeProvider(stopping)])
    await server.start(path=socket, ssl=context)
    spoken = 4 if fault == "protocol 4" else PROTOCOL
    say(f"1|{spoken}|unix|{socket}|grpc|{certificate}")
    await stopping.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
