"""Read a report that was kept as JSON: the other end of ``-o json``."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.drift.secrets import masked
from driftmgr.model import DriftMgrError, DriftReport

VERSION = 1
"""The ``schema_version`` that is read; members that it does not know are left alone."""
_DEEPEST, _LARGEST = 100, 2**53
_HINT = "give a file that driftmgr detect -o json=FILE wrote"
_ENCODER = msgspec.json.Encoder()


def read_report(path: Path) -> DriftReport:
    """The report of a file, ``-`` for standard input; raises ``DriftMgrError`` for what is none."""
    try:
        document = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise DriftMgrError(f"{path} cannot be read: {error.strerror or error}", hint=_HINT) from error
    return decode_report(document, str(path))


def decode_report(document: bytes, name: str) -> DriftReport:
    """A report from its JSON, its secrets masked anew; raises ``DriftMgrError`` that says what is wrong, and where."""
    try:
        _check_kind(_UNTYPED.decode(document), name)
        report = _DECODER.decode(document)
        _check_numbers(report, name)
        return masked(report)
    except msgspec.ValidationError as error:
        raise DriftMgrError(f"{name}: no report of driftmgr: {error}", hint=_HINT) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DriftMgrError(f"{name}{_line_of(document, error)}: broken JSON: {error}", hint=_HINT) from error
    except RecursionError as error:
        raise DriftMgrError(f"{name}: nested too deeply for a report", hint=_HINT) from error


def _check_kind(document: Any, name: str) -> None:
    if not isinstance(document, dict) or not {"schema_version", "scan"} <= document.keys():
        raise DriftMgrError(f"{name}: no report of driftmgr", hint=_HINT)
    found = document["schema_version"]
    if isinstance(found, int) and not isinstance(found, bool) and found > VERSION:
        raise DriftMgrError(
            f"{name}: written by a newer driftmgr (schema_version {found}; this one reads {VERSION})",
            hint="update driftmgr",
        )
    if found != VERSION or isinstance(found, bool):
        raise DriftMgrError(f"{name}: schema_version {found!r} is none of a report", hint=_HINT)
    if "objects" in document:
        raise DriftMgrError(f"{name}: an inventory of driftmgr discover, no report", hint=_HINT)
    if _depth_exceeds(document, _DEEPEST):
        raise DriftMgrError(f"{name}: nested too deeply for a report", hint=_HINT)


def _check_numbers(report: DriftReport, name: str) -> None:
    counted = (report.scan, report.summary, *report.gaps)
    numbers = [getattr(one, field) for one in counted for field in one.__struct_fields__]
    numbers += [drift.location.line for drift in report.drifts if drift.location]
    if not all(0 <= number <= _LARGEST for number in numbers if isinstance(number, int | float)):
        raise DriftMgrError(f"{name}: a count or time is out of range", hint=_HINT)


def _depth_exceeds(value: Any, allowed: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return allowed < 0 or any(_depth_exceeds(item, allowed - 1) for item in inner)


def _number(text: str) -> float | Decimal:
    """A fraction in the form that is written again as it was read."""
    number = float(text)
    return number if _ENCODER.encode(number) == text.encode() else Decimal(text)


def _line_of(document: bytes, error: Exception) -> str:
    """``:LINE`` of the byte that an error names, if it names one."""
    digits = str(error).rpartition("byte ")[2].rstrip(")")
    place = int(digits) if digits.isdigit() else len(document) if "truncated" in str(error) else None
    if place is None:
        return ""
    line = document.count(b"\n", 0, place) + 1
    return f":{line}"


_UNTYPED = msgspec.json.Decoder()
_DECODER = msgspec.json.Decoder(DriftReport, float_hook=_number)
