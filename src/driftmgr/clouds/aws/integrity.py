"""Whole answers only: what botocore would read as an empty list is an error here.

botocore does not hold an answer to its Content-Length, reads JSON that does not parse as an answer with nothing in it
(``JSONParser._parse_body_as_json``), and an empty XML document likewise. A connection that breaks, or a proxy
that answers for AWS, would so make every object of a type look deleted. An error whose body does not parse becomes
its bare status, and "404" is not what AWS said.
"""

from collections.abc import Mapping
from typing import Any, Literal
from xml.parsers import expat

import msgspec
from botocore.parsers import ResponseParserError

Form = Literal["json", "xml", "any"]

_OK = 200
_ERRORS = range(400, 500)
# These say what they mean by their status, whoever sends them.
_PLAIN = frozenset({401, 403, 429})


class MalformedAnswerError(ResponseParserError):  # type: ignore[misc]  # botocore ships no types
    """The answer is cut off, or none of AWS's."""


def register(client: Any) -> None:
    """Check every answer of a client before it is parsed."""
    client.meta.events.register("before-parse", _check)


def _check(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    status = response_dict["status_code"]
    if operation_model.http.get("method") == "HEAD" or (status == _OK and operation_model.has_streaming_output):
        return
    body, shape = response_dict["body"], operation_model.output_shape
    problem = cut_off(body, response_dict["headers"])
    if not problem and (status == _OK or (status in _ERRORS and status not in _PLAIN)):
        form: Form = "json" if "json" in operation_model.service_model.resolved_protocol else "xml"
        if status == _OK and _is_opaque(shape):
            # A bucket's policy is a JSON document in an API of XML.
            form = "json" if body.startswith(b"{") else "any"
        problem = garbled(body, form, has_content=status != _OK or _has_content(shape))
    if problem:
        raise MalformedAnswerError(f"{operation_model.name}: {problem}")


def cut_off(body: bytes, headers: Mapping[str, str]) -> str | None:
    """What is wrong if the body has another length than its header announces."""
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced) != len(body):
        return f"the answer was cut off after {len(body)} of {announced} bytes"
    return None


def garbled(body: bytes, form: Form, *, has_content: bool) -> str | None:
    """What is wrong if the body is not what its protocol says; ``has_content`` is whether there must be one."""
    if not body:
        return "the answer is empty" if has_content else None
    if body.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return "the answer is a web page; something between here and AWS answers for it"
    try:
        if form == "json":
            msgspec.json.decode(body)
        elif form == "xml":
            expat.ParserCreate().Parse(body, True)  # noqa: FBT003  # positional only
    except (msgspec.DecodeError, UnicodeDecodeError, expat.ExpatError) as error:
        return f"the answer is not valid {form.upper()}: {error}"
    return None


def _is_opaque(shape: Any) -> bool:
    """Whether the body is a value by itself, in no form that the protocol says."""
    payload = shape.serialization.get("payload") if shape else None
    return payload is not None and shape.members[payload].type_name in {"blob", "string"}


def _has_content(shape: Any) -> bool:
    if shape is None:
        return False
    elsewhere = {"header", "headers", "statusCode"}
    return any(member.serialization.get("location") not in elsewhere for member in shape.members.values())
