"""Turn the output of ``terraform providers schema -json`` into a schema pack.

    python tools/make_schema_pack.py SCHEMA.json.xz PACK.zip

The input is ``{"resource_schemas": {type: {"version", "block"}}}``, plain or xz-compressed. Members
carry a fixed date, so that the same input gives the same bytes.
"""

import json
import lzma
import sys
import zipfile
from pathlib import Path


def main(source: str, target: str) -> None:
    """Write the pack ``target`` (zip) from ``source`` (JSON, or JSON in xz)."""
    data = Path(source).read_bytes()
    schemas = json.loads(lzma.decompress(data) if source.endswith(".xz") else data)["resource_schemas"]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(schemas):
            member = zipfile.ZipInfo(f"{name}.json", (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, json.dumps(schemas[name], separators=(",", ":"), sort_keys=True))
    print(f"{target}: {len(schemas)} resource types, {Path(target).stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
