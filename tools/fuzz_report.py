"""Read and render many files that nearly are reports: ``python tools/fuzz_report.py 100000``.

Each is refused with a message for people, or rendered in every format. Stops at the first that does neither, and writes
it to fuzz_report.failed.
"""

import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path

PROJECT = Path(__file__).parents[1]
sys.path[:0] = [str(PROJECT / "tests"), str(PROJECT / "src")]

from driftmgr.app.stored_report import decode_report  # noqa: E402  # the path comes first
from driftmgr.cli.render import FORMATS, renderer_of  # noqa: E402
from driftmgr.model import DriftMgrError  # noqa: E402
from fuzz.reports import mutated  # noqa: E402


def main(count: int, first: int = 0) -> None:
    """Try ``count`` documents, one for each seed from ``first`` on."""
    start, read = time.monotonic(), 0
    for seed in range(first, first + count):
        document = mutated(random.Random(seed))  # noqa: S311  # repeatable
        try:
            # The table takes longer than all others together.
            read += one(document, [name for name in FORMATS if name != "table" or seed % 10 == 0])
        except BaseException:
            Path("fuzz_report.failed").write_bytes(document)
            print(f"seed {seed} broke it; its document is in fuzz_report.failed")
            raise
    print(f"{count:,} documents in {time.monotonic() - start:.0f} s: {read:,} were reports, the rest was refused")


def one(document: bytes, formats: Iterable[str]) -> bool:
    """Whether a document is a report; if so, every one of the formats can tell it."""
    try:
        found = decode_report(document, "fuzzed")
    except DriftMgrError as error:
        if not error.hint:
            raise ValueError(f"no hint: {error.message}") from error
        return False
    for name in formats:
        renderer_of(name)(found, show_suppressed=True)
    return True


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
