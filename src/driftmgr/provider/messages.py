"""The messages of Terraform's plugin protocol, versions 5 and 6, as one table.

On the wire a gRPC message is field numbers and values; message names do not travel. So the classes are made when this
module is imported, from the numbers of the calls that we make, and one table serves both protocols: no generated code
that has to fit the installed protobuf. Numbers from the published protocol:
https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol

Terraform's own call that changes things, ``ApplyResourceChange``, is not in the table of calls: this engine reads.
``ImportResourceState`` is, for it only looks an object up: what Terraform does with the answer makes the import.
"""

from collections.abc import Mapping
from typing import Any, Literal

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

Protocol = Literal[5, 6]
PROTOCOLS: tuple[Protocol, ...] = (5, 6)

# Field: "name number type"; "*" before a type is repeated, "map:X" a map from text to X. Enums are varints: int32.
_COMMON: Mapping[str, str] = {
    "Empty": "",
    "DynamicValue": "msgpack 1 bytes, json 2 bytes",
    "Step": "attribute_name 1 string, element_key_string 2 string, element_key_int 3 int64",
    "AttributePath": "steps 1 *Step",
    "Diagnostic": "severity 1 int32, summary 2 string, detail 3 string, attribute 4 AttributePath",
    "NestedType": "attributes 1 *Attribute, nesting 3 int32",
    "NestedBlock": "type_name 1 string, block 2 Block, nesting 3 int32, min_items 4 int64, max_items 5 int64",
    "Schema": "version 1 int64, block 2 Block",
    "IdentityAttribute": "name 1 string, type 2 bytes, required_for_import 3 bool, optional_for_import 4 bool",
    "IdentitySchema": "version 1 int64, attributes 2 *IdentityAttribute",
    "Identity": "identity_data 1 DynamicValue",
    "Capabilities": "deferral_allowed 1 bool, write_only_attributes_allowed 2 bool",
    "Deferred": "reason 1 int32",
    "RawState": "json 1 bytes, flatmap 2 map:string",
    "Schemas": (
        "provider 1 Schema, resource_schemas 2 map:Schema, data_source_schemas 3 map:Schema, "
        "diagnostics 4 *Diagnostic, provider_meta 5 Schema, list_resource_schemas 9 map:Schema"
    ),
    "IdentitySchemas": "identity_schemas 1 map:IdentitySchema, diagnostics 2 *Diagnostic",
    "ValidateRequest": "config 1 DynamicValue",
    "ValidateResponse": "prepared_config 1 DynamicValue, diagnostics 2 *Diagnostic",
    "ConfigureRequest": "terraform_version 1 string, config 2 DynamicValue, client_capabilities 3 Capabilities",
    "ConfigureResponse": "diagnostics 1 *Diagnostic",
    "UpgradeRequest": "type_name 1 string, version 2 int64, raw_state 3 RawState",
    "UpgradeResponse": "upgraded_state 1 DynamicValue, diagnostics 2 *Diagnostic",
    "UpgradeIdentityRequest": "type_name 1 string, version 2 int64, raw_identity 3 RawState",
    "UpgradeIdentityResponse": "upgraded_identity 1 Identity, diagnostics 2 *Diagnostic",
    "ReadRequest": (
        "type_name 1 string, current_state 2 DynamicValue, private 3 bytes, provider_meta 4 DynamicValue, "
        "client_capabilities 5 Capabilities, current_identity 6 Identity"
    ),
    "ReadResponse": (
        "new_state 1 DynamicValue, diagnostics 2 *Diagnostic, private 3 bytes, deferred 4 Deferred, "
        "new_identity 5 Identity"
    ),
    "PlanRequest": (
        "type_name 1 string, prior_state 2 DynamicValue, proposed_new_state 3 DynamicValue, config 4 DynamicValue, "
        "prior_private 5 bytes, provider_meta 6 DynamicValue, client_capabilities 7 Capabilities, "
        "prior_identity 8 Identity"
    ),
    "PlanResponse": (
        "planned_state 1 DynamicValue, requires_replace 2 *AttributePath, planned_private 3 bytes, "
        "diagnostics 4 *Diagnostic, legacy_type_system 5 bool, deferred 6 Deferred"
    ),
    "ImportRequest": "type_name 1 string, id 2 string, client_capabilities 3 Capabilities, identity 4 Identity",
    "ImportedResource": "type_name 1 string, state 2 DynamicValue, private 3 bytes, identity 4 Identity",
    "ImportResponse": "imported_resources 1 *ImportedResource, diagnostics 2 *Diagnostic, deferred 3 Deferred",
    "ListRequest": "type_name 1 string, config 2 DynamicValue, include_resource_object 3 bool, limit 4 int64",
    "ListEvent": "identity 1 Identity, display_name 2 string, resource_object 3 DynamicValue, diagnostic 4 *Diagnostic",
    "DataRequest": "type_name 1 string, config 2 DynamicValue, provider_meta 3 DynamicValue",
    "DataResponse": "state 1 DynamicValue, diagnostics 2 *Diagnostic",
    "StopResponse": "error 1 string",
}

# The one clash between the protocols: number 10 of an attribute.
_ATTRIBUTE = (
    "name 1 string, type 2 bytes, required 4 bool, optional 5 bool, computed 6 bool, sensitive 7 bool, "
    "deprecated 9 bool"
)
_BLOCK = "attributes 2 *Attribute, block_types 3 *NestedBlock, deprecated 6 bool"
_APART: Mapping[Protocol, Mapping[str, str]] = {
    5: {"Attribute": f"{_ATTRIBUTE}, write_only 10 bool", "Block": _BLOCK},
    6: {
        "Attribute": f"{_ATTRIBUTE}, nested_type 10 NestedType, write_only 11 bool",
        "Block": f"{_BLOCK}, computed 8 bool",
    },
}

CALLS: Mapping[str, tuple[tuple[str, str], str, str]] = {
    "schema": (("GetSchema", "GetProviderSchema"), "Empty", "Schemas"),
    "identity_schemas": (("GetResourceIdentitySchemas",) * 2, "Empty", "IdentitySchemas"),
    "validate": (("PrepareProviderConfig", "ValidateProviderConfig"), "ValidateRequest", "ValidateResponse"),
    "configure": (("Configure", "ConfigureProvider"), "ConfigureRequest", "ConfigureResponse"),
    "upgrade": (("UpgradeResourceState",) * 2, "UpgradeRequest", "UpgradeResponse"),
    "upgrade_identity": (("UpgradeResourceIdentity",) * 2, "UpgradeIdentityRequest", "UpgradeIdentityResponse"),
    "read": (("ReadResource",) * 2, "ReadRequest", "ReadResponse"),
    "read_data": (("ReadDataSource",) * 2, "DataRequest", "DataResponse"),
    "plan": (("PlanResourceChange",) * 2, "PlanRequest", "PlanResponse"),
    "import": (("ImportResourceState",) * 2, "ImportRequest", "ImportResponse"),
    "list": (("ListResource",) * 2, "ListRequest", "ListEvent"),
    "stop": (("Stop", "StopProvider"), "Empty", "StopResponse"),
}
"""Our name of each call -> (its name in protocol 5 and 6, request, response). Nothing else can be called."""

SHUTDOWN = "/plugin.GRPCController/Shutdown"
STDIO = "/plugin.GRPCStdio/StreamStdio"

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _Field.TYPE_BOOL,
    "bytes": _Field.TYPE_BYTES,
    "string": _Field.TYPE_STRING,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
}


def method_path(protocol: Protocol, call: str) -> str:
    """The gRPC path of a call: ``/tfplugin6.Provider/ReadResource``."""
    return f"/tfplugin{protocol}.Provider/{CALLS[call][0][PROTOCOLS.index(protocol)]}"


def messages_of(protocol: Protocol) -> Mapping[str, type[Message]]:
    """The message classes of a protocol by name (made once per process)."""
    return _CLASSES[protocol]


def _build(protocol: Protocol) -> Mapping[str, type[Message]]:
    package = f"driftmgr.tfplugin{protocol}"
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    table = {**_COMMON, **_APART[protocol]}
    for name, fields in table.items():
        message = file.message_type.add(name=name)
        for field in filter(None, fields.split(", ")):
            _add_field(message, package, *field.split())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in table}


def _add_field(message: Any, package: str, name: str, number: str, kind: str) -> None:
    field = message.field.add(name=name, number=int(number), label=_Field.LABEL_OPTIONAL)
    if kind.startswith("map:"):
        entry = "".join(word.capitalize() for word in name.split("_")) + "Entry"
        nested = message.nested_type.add(name=entry, options=descriptor_pb2.MessageOptions(map_entry=True))
        _add_field(nested, package, "key", "1", "string")
        _add_field(nested, package, "value", "2", kind.removeprefix("map:"))
        field.label, field.type = _Field.LABEL_REPEATED, _Field.TYPE_MESSAGE
        field.type_name = f".{package}.{message.name}.{entry}"
        return
    if kind.startswith("*"):
        field.label = _Field.LABEL_REPEATED
        kind = kind.removeprefix("*")
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{package}.{kind}"


_CLASSES: Mapping[Protocol, Mapping[str, type[Message]]] = {protocol: _build(protocol) for protocol in PROTOCOLS}
