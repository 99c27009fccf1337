"""Find the installed binary of a provider, and make sure that it is the one that the lock file means.

Looks where Terraform and OpenTofu look, in their order; downloads nothing; takes no path from a state. What runs is
what a person installed for the root module that they named, with a hash of its lock file if it has one.
https://developer.hashicorp.com/terraform/language/files/dependency-lock
"""

import base64
import contextlib
import hashlib
import os
import platform
import re
import stat
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from driftmgr.hcl import HclError, parse_hcl
from driftmgr.model.errors import DriftMgrWarning
from driftmgr.provider.errors import ProviderError
from driftmgr.provider.reference import DEFAULT_HOSTS, ProviderReference
from driftmgr.runtime.terraform import LOCK_FILE

_OVERRIDES = re.compile(r"^[ \t]*dev_overrides\s*\{([^}]*)\}", re.MULTILINE)
_OVERRIDE = re.compile(r'^\s*"([^"]+)"\s*=\s*"([^"]+)"', re.MULTILINE)
_ARCHITECTURES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "i686": "386",
    "i386": "386",
}
_CHUNK = 1 << 20


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    """What a lock file says of one provider."""

    version: str
    hashes: tuple[str, ...]


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """An installed package: a directory, or a zip archive of a packed mirror."""

    address: str
    version: str
    path: Path


class Binary(msgspec.Struct, frozen=True, kw_only=True):
    """A binary ready to run. ``digest`` is the hash of its package (h1), ``locked`` that the lock file names it."""

    address: str
    version: str
    path: Path
    digest: str
    locked: bool


def find_binary(reference: ProviderReference, root: Path, environment: Mapping[str, str], scratch: Path) -> Binary:
    """The binary for a root module; a packed one is unpacked into ``scratch``. Raises ``ProviderError``."""
    hosts = [reference.host, *(host for host in DEFAULT_HOSTS if reference.host in DEFAULT_HOSTS)]
    addresses = list(dict.fromkeys(f"{host}/{reference.namespace}/{reference.type}" for host in hosts))
    for configuration in _cli_configurations(environment):
        for address in addresses:
            if address in configuration.overrides:
                return _overriding(address, configuration.overrides[address])
    locks = read_lock(root / LOCK_FILE)
    address = next((name for name in addresses if name in locks), addresses[0])
    found = list(_packages(addresses if address not in locks else [address], search_places(root, environment)))
    locked = locks.get(address)
    if locked is not None:
        return _verified(found, address, locked, scratch)
    versions = {package.version for package in found}
    if not found:
        raise ProviderError(f"provider {address} is not installed", hint=_install(root), reason="unsupported")
    if len(versions) > 1:
        raise ProviderError(
            f"provider {address} is installed in versions {', '.join(sorted(versions))} and no {LOCK_FILE} says which",
            hint=_install(root),
            reason="unsupported",
        )
    return _ready(found[0], _directory_hash_of(found[0]), scratch, locked=False)


def _verified(found: Sequence[Package], address: str, locked: Locked, scratch: Path) -> Binary:
    right = [package for package in found if package.version == locked.version]
    if not right:
        raise ProviderError(
            f"provider {address} {locked.version}, which {LOCK_FILE} names, is not installed",
            hint="run terraform init (or tofu init) in the working directory",
            reason="unsupported",
        )
    for package in right:
        digest = _directory_hash_of(package)
        known = {digest} | ({f"zh:{_sha256(package.path)}"} if package.path.is_file() else set())
        if known & set(locked.hashes):
            return _ready(package, digest, scratch, locked=True)
    raise ProviderError(
        f"provider {address} {locked.version}: what is installed has none of the hashes in {LOCK_FILE}; it is not run",
        hint="run terraform init (or tofu init); terraform providers lock adds hashes of this platform",
        reason="denied",
    )


def _overriding(address: str, directory: Path) -> Binary:
    """The binary that the CLI configuration puts in the place of a released one, as Terraform runs it: unverified."""
    found = _binary_in(directory, Package(address=address, version="of dev_overrides", path=directory))
    warnings.warn(
        f"provider {address} is run from {directory}, without its hash being checked: dev_overrides of the CLI "
        "configuration",
        DriftMgrWarning,
        stacklevel=2,
    )
    digest = f"dev-{_sha256(found)}"
    return Binary(address=address, version="of dev_overrides", path=found, digest=digest, locked=False)


def _install(root: Path) -> str:
    return f"run terraform init (or tofu init) in {root}"


def read_lock(path: Path) -> dict[str, Locked]:
    """Version and hashes by provider address; empty without a lock file. Raises ``ProviderError``."""
    try:
        body = parse_hcl(path.read_bytes(), path.name)
    except FileNotFoundError:
        return {}
    except HclError as error:
        raise ProviderError(error.message, reason="unsupported") from error
    except OSError as error:
        raise ProviderError(f"{path.name} cannot be read: {error}", reason="unsupported") from error
    found: dict[str, Locked] = {}
    for block in body.blocks("provider", 1):
        version, hashes = block.body.value("version"), block.body.value("hashes")
        if isinstance(version, str):
            texts = tuple(item for item in hashes or () if isinstance(item, str))
            found[block.labels[0]] = Locked(version=version, hashes=texts)
    return found


def search_places(root: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The directories that may hold packages, in the order in which they count."""
    data = Path(environment.get("TF_DATA_DIR") or ".terraform")
    home = Path(environment.get("HOME") or Path.home())
    configured = list(_cli_configurations(environment))
    named = [Path(environment["TF_PLUGIN_CACHE_DIR"])] if environment.get("TF_PLUGIN_CACHE_DIR") else []
    cache = (named or [one.cache for one in configured if one.cache])[:1]
    mirrors = [mirror for one in configured for mirror in one.mirrors]
    shared = environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    own = environment.get("XDG_DATA_HOME") or str(home / ".local/share")
    implied = [root / "terraform.d/plugins", home / ".terraform.d/plugins"]
    implied += [Path(part) / "terraform/plugins" for part in (own, *shared.split(os.pathsep)) if part]
    places = [root / data / "providers", *cache, *mirrors, *implied]
    return tuple(dict.fromkeys(root / place for place in places))


class CliConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """What a CLI configuration file says of places; ``overrides`` are directories by provider address."""

    cache: Path | None = None
    mirrors: tuple[Path, ...] = ()
    overrides: Mapping[str, Path] = {}


def _cli_configurations(environment: Mapping[str, str]) -> Iterator[CliConfiguration]:
    """Terraform's or OpenTofu's, as far as they can be read.

    https://developer.hashicorp.com/terraform/cli/config/config-file
    """
    home = Path(environment.get("HOME") or Path.home())
    named = environment.get("TF_CLI_CONFIG_FILE")
    for path in [Path(named)] if named else [home / ".terraformrc", home / ".tofurc"]:
        with contextlib.suppress(OSError, UnicodeDecodeError, HclError):
            yield _cli_configuration(path, environment, home)


def _cli_configuration(path: Path, environment: Mapping[str, str], home: Path) -> CliConfiguration:
    text = path.read_text(encoding="utf-8")
    # Its keys are in quotes, which only the older syntax of this one file allows.
    overrides = {
        ProviderReference.named(address).address: _expanded(place, environment, home)
        for block in _OVERRIDES.findall(text)
        for address, place in _OVERRIDE.findall(block)
    }
    body = parse_hcl(_OVERRIDES.sub("", text).encode(), path.name)
    places = [
        mirror.body.value("path")
        for installation in body.blocks("provider_installation")
        for mirror in installation.body.blocks("filesystem_mirror")
    ]
    cache = body.value("plugin_cache_dir")
    return CliConfiguration(
        cache=_expanded(cache, environment, home) if isinstance(cache, str) else None,
        mirrors=tuple(_expanded(place, environment, home) for place in places if isinstance(place, str)),
        overrides=overrides,
    )


def _expanded(text: str, environment: Mapping[str, str], home: Path) -> Path:
    text = re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: environment.get(found[1] or found[2], ""), text)
    return home / text[2:] if text.startswith("~/") else Path(text)


def _packages(addresses: Iterable[str], places: Sequence[Path]) -> Iterator[Package]:
    target = target_platform()
    for place in places:
        for address in addresses:
            kind = address.rpartition("/")[2]
            base = place / address
            for directory in sorted(base.glob(f"*/{target}")):
                if directory.is_dir():
                    yield Package(address=address, version=directory.parent.name, path=directory)
            for archive in sorted(base.glob(f"terraform-provider-{kind}_*_{target}.zip")):
                version = archive.name.removeprefix(f"terraform-provider-{kind}_").removesuffix(f"_{target}.zip")
                yield Package(address=address, version=version, path=archive)


def target_platform() -> str:
    """This machine as Terraform names it: ``linux_amd64``."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{_ARCHITECTURES.get(machine, machine)}"


def _ready(package: Package, digest: str, scratch: Path, *, locked: bool) -> Binary:
    directory = package.path
    if package.path.is_file():
        directory = scratch / hashlib.sha256(digest.encode()).hexdigest()[:16]
        with zipfile.ZipFile(package.path) as archive:
            archive.extractall(directory)
    found = _binary_in(directory, package)
    if package.path.is_file():
        found.chmod(found.stat().st_mode | stat.S_IXUSR)
    return Binary(address=package.address, version=package.version, path=found, digest=digest, locked=locked)


def _binary_in(directory: Path, package: Package) -> Path:
    kind = package.address.rpartition("/")[2]
    found = sorted(path for path in directory.glob(f"terraform-provider-{kind}*") if path.is_file())
    if len(found) != 1:
        what = "holds no binary" if not found else "holds several binaries"
        raise ProviderError(f"the package of provider {package.address} {package.version} {what}", reason="unsupported")
    return found[0].resolve()


def _directory_hash_of(package: Package) -> str:
    return archive_hash(package.path) if package.path.is_file() else directory_hash(package.path)


def directory_hash(directory: Path) -> str:
    """The ``h1:`` hash of an unpacked package: Go's directory hash of all its files."""
    real = directory.resolve()
    files = [path for path in real.rglob("*") if path.is_file()]
    return _h1({path.relative_to(real).as_posix(): _sha256(path) for path in files})


def archive_hash(path: Path) -> str:
    """The ``h1:`` hash of a packed package: that of its unpacked files."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return _h1({name: hashlib.sha256(archive.read(name)).hexdigest() for name in names})


def _h1(digests: Mapping[str, str]) -> str:
    lines = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    return f"h1:{base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()}"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
