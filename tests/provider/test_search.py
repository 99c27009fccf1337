"""Finding the binary that Terraform would run, and refusing every other."""

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from driftmgr.model.errors import DriftMgrWarning
from driftmgr.provider.errors import ProviderError
from driftmgr.provider.reference import ProviderReference
from driftmgr.provider.search import (
    Binary,
    archive_hash,
    directory_hash,
    find_binary,
    read_lock,
    search_places,
    target_platform,
)

FAKE = ProviderReference.parse('provider["registry.terraform.io/example/fake"]')
ADDRESS = "registry.terraform.io/example/fake"


def unpacked(place: Path, version: str = "1.0.0", text: str = "binary", address: str = ADDRESS) -> Path:
    """An unpacked package in a directory of packages."""
    directory = place / address / version / target_platform()
    directory.mkdir(parents=True)
    (directory / f"terraform-provider-fake_v{version}").write_text(text)
    (directory / "LICENSE.txt").write_text("free")
    return directory


def packed(place: Path, version: str = "1.0.0") -> Path:
    """A packed package in a mirror."""
    archive = place / ADDRESS / f"terraform-provider-fake_{version}_{target_platform()}.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"terraform-provider-fake_v{version}", "binary")
        file.writestr("LICENSE.txt", "free")
    return archive


def lock(root: Path, *hashes: str, version: str = "1.0.0", address: str = ADDRESS) -> None:
    """A lock file with one provider."""
    listed = "".join(f'    "{item}",\n' for item in hashes)
    text = (
        f'# kept by terraform init\nprovider "{address}" {{\n  version = "{version}"\n  hashes = [\n{listed}  ]\n}}\n'
    )
    (root / ".terraform.lock.hcl").write_text(text)


def find(root: Path, environment: dict[str, str] | None = None) -> Binary:
    """Look from a root module, in an empty home."""
    seen = {"HOME": str(root / "home"), "XDG_DATA_DIRS": str(root / "nowhere")} | (environment or {})
    return find_binary(FAKE, root, seen, root / "scratch")


def test_the_directory_hash_is_terraforms(tmp_path: Path) -> None:
    """``h1:`` over sorted lines of hash, two blanks, name; the same for a directory and for its archive."""
    directory, archive = unpacked(tmp_path), packed(tmp_path / "mirror")
    names = {"LICENSE.txt": b"free", "terraform-provider-fake_v1.0.0": b"binary"}
    lines = "".join(f"{hashlib.sha256(names[name]).hexdigest()}  {name}\n" for name in sorted(names))
    expected = f"h1:{base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()}"
    assert directory_hash(directory) == archive_hash(archive) == expected


def test_a_locked_binary_is_found_and_verified(tmp_path: Path) -> None:
    """Of the version that the lock file names, through the link that init makes."""
    real = unpacked(tmp_path / "cache")
    unpacked(tmp_path / ".terraform/providers", "2.0.0")
    place = tmp_path / ".terraform/providers" / ADDRESS / "1.0.0"
    place.mkdir(parents=True)
    (place / target_platform()).symlink_to(real)
    lock(tmp_path, directory_hash(real), "zh:00")
    found = find(tmp_path)
    assert (found.version, found.path, found.locked) == ("1.0.0", real / "terraform-provider-fake_v1.0.0", True)


@pytest.mark.parametrize("hashes", [("h1:AAAA",), (), ("zh:00",)])
def test_a_binary_without_a_known_hash_is_refused(tmp_path: Path, hashes: tuple[str, ...]) -> None:
    """A lock file that does not know what is installed is a reason not to run it."""
    unpacked(tmp_path / ".terraform/providers")
    lock(tmp_path, *hashes)
    with pytest.raises(ProviderError, match="none of the hashes") as caught:
        find(tmp_path)
    assert caught.value.reason == "denied"


def test_one_changed_byte_is_refused(tmp_path: Path) -> None:
    """The binary was replaced after the lock file was written."""
    directory = unpacked(tmp_path / ".terraform/providers")
    lock(tmp_path, directory_hash(directory))
    assert find(tmp_path).locked
    (directory / "terraform-provider-fake_v1.0.0").write_text("binarx")
    with pytest.raises(ProviderError, match="it is not run"):
        find(tmp_path)


def test_a_right_package_further_on_is_taken(tmp_path: Path) -> None:
    """One place with a wrong package does not hide another with the right one."""
    unpacked(tmp_path / ".terraform/providers", text="wrong")
    right = unpacked(tmp_path / "cache")
    lock(tmp_path, directory_hash(right))
    assert find(tmp_path, {"TF_PLUGIN_CACHE_DIR": str(tmp_path / "cache")}).path.parent == right


def test_a_packed_mirror_is_unpacked_after_its_hash_was_checked(tmp_path: Path) -> None:
    """By its own hash (``zh:``) or that of its files (``h1:``); what comes out can be run."""
    archive = packed(tmp_path / "terraform.d/plugins")
    lock(tmp_path, f"zh:{hashlib.sha256(archive.read_bytes()).hexdigest()}")
    found = find(tmp_path)
    assert found.path.read_text() == "binary"
    assert found.path.stat().st_mode & 0o100
    assert found.path.is_relative_to(tmp_path / "scratch")
    lock(tmp_path, archive_hash(archive))
    assert find(tmp_path).digest == archive_hash(archive)
    lock(tmp_path, "zh:00")
    with pytest.raises(ProviderError, match="none of the hashes"):
        find(tmp_path)


def test_without_a_lock_file_only_the_one_installed_version_is_run(tmp_path: Path) -> None:
    """One version is clear, two are not, none says what to do."""
    with pytest.raises(ProviderError, match="is not installed") as caught:
        find(tmp_path)
    assert "terraform init" in caught.value.hint
    unpacked(tmp_path / ".terraform/providers")
    assert not find(tmp_path).locked
    unpacked(tmp_path / "home/.terraform.d/plugins", "2.0.0")
    with pytest.raises(ProviderError, match=r"in versions 1\.0\.0, 2\.0\.0 and no"):
        find(tmp_path)


def test_a_locked_version_that_is_not_installed_is_told(tmp_path: Path) -> None:
    """Another version is not taken in its place."""
    unpacked(tmp_path / ".terraform/providers", "2.0.0")
    lock(tmp_path, "h1:AAAA")
    with pytest.raises(ProviderError, match=r"fake 1\.0\.0, which \.terraform\.lock\.hcl names, is not installed"):
        find(tmp_path)


def test_opentofu_names_the_same_provider_otherwise(tmp_path: Path) -> None:
    """A state of Terraform in a directory that OpenTofu initialised, and the other way round."""
    other = "registry.opentofu.org/example/fake"
    directory = unpacked(tmp_path / ".terraform/providers", address=other)
    lock(tmp_path, directory_hash(directory), address=other)
    assert find(tmp_path).address == other


def test_places_come_in_terraforms_order(tmp_path: Path) -> None:
    """The working directory's own, the plugin cache, the mirrors of the CLI configuration, the implied directories."""
    config = tmp_path / "cli.tfrc"
    config.write_text(
        'plugin_cache_dir = "$CACHES/plugins"\n'
        'provider_installation {\n  filesystem_mirror {\n    path = "~/mirror"\n  }\n  direct {}\n}\n'
    )
    environment = {
        "HOME": "/home/me",
        "CACHES": "/caches",
        "TF_CLI_CONFIG_FILE": str(config),
        "TF_DATA_DIR": "data",
        "XDG_DATA_DIRS": "/share",
    }
    assert [str(place) for place in search_places(Path("/root-module"), environment)] == [
        "/root-module/data/providers",
        "/caches/plugins",
        "/home/me/mirror",
        "/root-module/terraform.d/plugins",
        "/home/me/.terraform.d/plugins",
        "/home/me/.local/share/terraform/plugins",
        "/share/terraform/plugins",
    ]
    named = search_places(Path("/root-module"), environment | {"TF_PLUGIN_CACHE_DIR": "/own"})
    assert [str(place) for place in named[1:3]] == ["/own", "/home/me/mirror"]


def test_dev_overrides_are_run_with_a_warning(tmp_path: Path) -> None:
    """As Terraform does: whatever the lock file says; the rest of that configuration file counts as ever."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "terraform-provider-fake").write_text("built a minute ago")
    config = tmp_path / "cli.tfrc"
    config.write_text(
        'provider_installation {\n  dev_overrides {\n    # of my own\n    "example/fake" = "~/../mine"\n'
        '    "example/other" = "/nowhere"\n  }\n  filesystem_mirror {\n    path = "~/mirror"\n  }\n  direct {}\n}\n'
    )
    lock(tmp_path, "h1:AAAA")
    (tmp_path / "home").mkdir()
    environment = {"TF_CLI_CONFIG_FILE": str(config)}
    with pytest.warns(DriftMgrWarning, match="example/fake is run from .*mine, without its hash being checked"):
        found = find(tmp_path, environment)
    assert (found.path, found.locked) == (mine / "terraform-provider-fake", False)
    assert Path("/home/me/mirror") in search_places(tmp_path, environment | {"HOME": "/home/me"})
    (mine / "terraform-provider-fake").unlink()
    with pytest.raises(ProviderError, match="of dev_overrides holds no binary"):
        find(tmp_path, environment)


def test_a_broken_lock_file_is_no_lock_file_missing(tmp_path: Path) -> None:
    """It is an error: without it every version would do."""
    (tmp_path / ".terraform.lock.hcl").write_text("provider {{{")
    with pytest.raises(ProviderError, match=r"\.terraform\.lock\.hcl:1: not HCL"):
        read_lock(tmp_path / ".terraform.lock.hcl")


def test_a_package_without_its_binary_is_told(tmp_path: Path) -> None:
    """And one with several: nobody can say which is meant."""
    directory = unpacked(tmp_path / ".terraform/providers")
    (directory / "terraform-provider-fake_v9").write_text("")
    with pytest.raises(ProviderError, match="holds several binaries"):
        find(tmp_path)
    for file in directory.glob("terraform-provider-*"):
        file.unlink()
    with pytest.raises(ProviderError, match="holds no binary"):
        find(tmp_path)
