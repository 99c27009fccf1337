"""The audit trail: who did what, when, and how it ended; one JSON object per line, chained by hashes and signed.

Each line holds the hash of the one before it, so a line that is edited, removed or moved breaks the chain. Every
hundredth line and the head (a small file beside the trail that tells the last line) carry an Ed25519 signature: without
the key nobody can compute a new chain that verifies. Who holds the key and all files can rewrite history; whoever needs
protection from that keeps the hash that ``verify`` prints in another place, and gives it to ``verify`` again.
"""

import contextlib
import getpass
import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from driftmgr.telemetry.files import locked, replace_file
from driftmgr.telemetry.redaction import redact

_START = "0" * 64
_SIGNED_EVERY = 100


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a trail does not verify; ``line`` counts from 1, 0 is the trail as a whole."""

    line: int
    message: str


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of a trail found: how many lines, the hash of the last, and what is wrong."""

    lines: int
    last: str
    problems: tuple[Problem, ...]


class AuditTrail:
    """One trail. Programs that write at the same time wait for each other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._head = path.with_name(f"{path.name}.head")
        self._key = path.with_name(f"{path.name}.key")
        self._public = path.with_name(f"{path.name}.pub")
        self._lock = path.with_name(f"{path.name}.lock")

    def record(self, action: str, outcome: str, **detail: Any) -> None:
        """Add a line, on disk when this returns; secrets in ``detail`` are redacted. Raises ``OSError``."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(self._lock):
            key = self._signing_key()
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                lost = _drop_torn_line(handle)
                number, previous = self._last(handle)
                if lost:
                    number, previous = self._append(
                        handle, key, _entry(number + 1, previous, "audit.recovered", "ok", {"bytes": lost})
                    )
                self._append(handle, key, _entry(number + 1, previous, action, outcome, redact(detail)))
            finally:
                os.close(handle)

    def lines(self) -> Iterator[dict[str, Any]]:
        """The lines, as they are; raises ``ValueError`` at one that is no JSON object, ``OSError``."""
        with self.path.open("rb") as file:
            for text in file:
                yield _decode(text)

    def verify(self, public_key: bytes | None = None, expected: str | None = None) -> Verified:
        """Check every line, every signature and the head; raises ``OSError`` if there is no trail.

        ``public_key`` (32 bytes) is that of the file beside the trail unless given; ``expected`` is the hash of a line
        that must be there, as an earlier check told it.
        """
        public = Ed25519PublicKey.from_public_bytes(public_key or bytes.fromhex(self._public.read_text().strip()))
        problems: list[Problem] = []
        hashes: list[str] = []
        for number, text in enumerate(self.path.read_bytes().splitlines(keepends=True), 1):
            previous = hashes[-1] if hashes else _START
            try:
                found = _decode(text)
            except ValueError as error:
                problems.append(Problem(line=number, message=str(error)))
                hashes.append("")
                continue
            problems += [Problem(line=number, message=text) for text in _wrong_with(found, number, previous, public)]
            hashes.append(str(found.get("hash", "")))
        problems += self._wrong_with_head(hashes, public)
        if expected and expected not in hashes:
            problems.append(Problem(line=0, message="no line has the expected hash: the trail was rewritten"))
        return Verified(lines=len(hashes), last=hashes[-1] if hashes else _START, problems=tuple(problems))

    def _wrong_with_head(self, hashes: list[str], public: Ed25519PublicKey) -> Iterator[Problem]:
        try:
            head = _decode(self._head.read_bytes())
            number, last, signature = int(head["n"]), str(head["hash"]), bytes.fromhex(head["signature"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            yield Problem(line=0, message=f"the head cannot be read: {error}")
            return
        if not _is_signed(public, signature, number, last):
            yield Problem(line=0, message="the head's signature is wrong")
        # A program that was killed between its line and the head leaves the head one behind, never more.
        if not number <= len(hashes) <= number + 1:
            yield Problem(line=0, message=f"the head tells of {number} lines, the trail has {len(hashes)}")
        elif number and hashes[number - 1] != last:
            yield Problem(line=number, message="not the line that the head tells of")

    def _append(self, handle: int, key: Ed25519PrivateKey, entry: dict[str, Any]) -> tuple[int, str]:
        number, digest = int(entry["n"]), _digest(entry)
        signature = key.sign(_signed_text(number, digest)).hex()
        line = {**entry, "hash": digest} | ({"signature": signature} if number % _SIGNED_EVERY == 0 else {})
        os.write(handle, _encode(line) + b"\n")
        os.fsync(handle)
        replace_file(self._head, _encode({"n": number, "hash": digest, "signature": signature}))
        return number, digest

    def _last(self, handle: int) -> tuple[int, str]:
        """Number and hash of the last line.

        A trail that lost lines goes on from what its head tells, so that the break stays where ``verify`` finds it.
        """
        known = [(0, _START)]
        for text in (_last_line(handle), self._head.read_bytes() if self._head.exists() else b""):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                found = _decode(text)
                known.append((int(found["n"]), str(found["hash"])))
        return max(known, key=lambda one: one[0])

    def _signing_key(self) -> Ed25519PrivateKey:
        if not self._key.exists():
            made = Ed25519PrivateKey.generate()
            replace_file(self._public, f"{made.public_key().public_bytes_raw().hex()}\n".encode())
            replace_file(self._key, f"{made.private_bytes_raw().hex()}\n".encode())
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self._key.read_text().strip()))


def _entry(number: int, previous: str, action: str, outcome: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "n": number,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "who": {"user": user_name(), "host": socket.gethostname(), "process": os.getpid()},
        "action": action,
        "outcome": outcome,
        "detail": dict(detail),
        "previous": previous,
    }


def _wrong_with(found: Mapping[str, Any], number: int, previous: str, public: Ed25519PublicKey) -> Iterator[str]:
    entry = {name: value for name, value in found.items() if name not in {"hash", "signature"}}
    if found.get("hash") != _digest(entry):
        yield "the line was edited: its hash is wrong"
    if found.get("previous") != previous:
        yield "the line before it is another one: a line was edited, removed or moved"
    if found.get("n") != number:
        yield f"it is numbered {found.get('n')}: lines were removed or moved"
    if number % _SIGNED_EVERY == 0 or "signature" in found:
        try:
            signature = bytes.fromhex(found["signature"])
        except (KeyError, ValueError, TypeError):
            signature = b""
        if not _is_signed(public, signature, number, str(found.get("hash"))):
            yield "its signature is wrong or missing"


def _is_signed(public: Ed25519PublicKey, signature: bytes, number: int, digest: str) -> bool:
    try:
        public.verify(signature, _signed_text(number, digest))
    except InvalidSignature:
        return False
    return True


def _signed_text(number: int, digest: str) -> bytes:
    return f"driftmgr audit {number} {digest}".encode()


def _digest(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(_encode(entry)).hexdigest()


def _encode(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str).encode()


def _decode(text: bytes) -> dict[str, Any]:
    if not text.endswith((b"\n", b"}")):
        raise ValueError("the line is cut off")
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("the line is no JSON object")  # noqa: TRY004  # one error for all that is not a line
    return found


def _drop_torn_line(handle: int) -> int:
    """Remove what a killed program wrote of its last line; gives the number of bytes."""
    size = os.fstat(handle).st_size
    if size == 0 or os.pread(handle, 1, size - 1) == b"\n":
        return 0
    torn = len(_last_line(handle))
    os.ftruncate(handle, size - torn)
    return torn


def _last_line(handle: int) -> bytes:
    size = os.fstat(handle).st_size
    length = 4096
    while True:
        start = max(0, size - length)
        tail = os.pread(handle, size - start, start)
        body = tail[:-1] if tail.endswith(b"\n") else tail
        if b"\n" in body or start == 0:
            return body.rpartition(b"\n")[2] + tail[len(body) :]
        length *= 4


def user_name() -> str:
    """Who runs this program, as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
