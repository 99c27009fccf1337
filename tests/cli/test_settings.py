"""Flags, environment, ``driftmgr.yaml``, defaults: which value counts, and where it came from."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

import driftmgr as driftmgr_package
from cli.conftest import Run
from cli.test_start import COMMANDS
from driftmgr.app.settings.model import Settings
from driftmgr.cli import driftmgr
from driftmgr.cli.settings import PREFIX, provider_configurations

ROLE = "arn:aws:iam::111122223333:role/reader"
# Options of one run, which no file may set once for all.
OF_ONE_RUN = {
    "config",
    "debug",
    "dry_run",
    "help",
    "identity",
    "no_baseline",
    "no_ignore",
    "provider",
    "resume",
    "verify",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory, and no setting of the machine's."""
    for name in [name for name in os.environ if name.startswith(f"{PREFIX}_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(run: Run, *arguments: str) -> Any:
    """Value and origin of each setting."""
    return json.loads(run("config", "show", "--format", "json", *arguments).out)


def command(name: str) -> click.Command:
    """A command as the program has it."""
    found = driftmgr.get_command(click.Context(driftmgr), name)
    assert found is not None
    return found


def test_a_flag_goes_before_the_environment_before_the_file_before_the_default(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each setting has the value of the first that says something, and tells which that is."""
    (folder / "driftmgr.yaml").write_text("# ours\nmode: quick\nregions: [a, b]\nengine: auto\nmanaged_only: true\n")
    monkeypatch.setenv("DRIFTMGR_REGIONS", "c d")
    monkeypatch.setenv("DRIFTMGR_ENGINE", "plan")
    found = shown(run, "--engine", "provider")
    assert found["engine"] == {"value": "provider", "from": "flag"}
    assert found["regions"] == {"value": ["c", "d"], "from": "DRIFTMGR_REGIONS"}
    assert found["mode"] == {"value": "quick", "from": "driftmgr.yaml:2"}
    assert found["managed_only"] == {"value": True, "from": "driftmgr.yaml:5"}
    assert found["include_defaults"] == {"value": False, "from": "default"}


def test_every_setting_can_be_given_in_every_way(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources, roles and lists come from file and environment too; a folder of its own is not a flag's business."""
    (folder / "driftmgr.yaml").write_text(
        f"sources: [a]\nroles: [{{arn: '{ROLE}', external_id: x}}, '{ROLE}']\ncriticality: {{aws_vpc: low}}\n"
    )
    found = shown(run)
    assert found["sources"] == {"value": ["a"], "from": "driftmgr.yaml:1"}
    assert found["roles"]["value"] == [f"{ROLE},x", ROLE]
    assert found["criticality"] == {"value": {"aws_vpc": "low"}, "from": "driftmgr.yaml:3"}
    monkeypatch.setenv("DRIFTMGR_SOURCES", "b c")
    assert shown(run)["sources"] == {"value": ["b", "c"], "from": "DRIFTMGR_SOURCES"}
    assert shown(run, "d")["sources"] == {"value": ["d"], "from": "flag"}
    assert "criticality " in run("config", "show").out


def test_every_option_of_a_scan_is_a_setting() -> None:
    """What detect and discover take can be set in the file, under the same name, unless it is about one run."""
    names = {param.name for name in ("detect", "discover") for param in command(name).params}
    assert names - OF_ONE_RUN <= set(Settings.__struct_fields__)


def test_every_option_has_a_variable() -> None:
    """The environment stands behind all options, by the prefix and the name of the setting."""
    for name in ("detect", "discover", "config", "ignore"):
        assert command(name).context_settings["auto_envvar_prefix"] == PREFIX
    found = command("config")
    assert isinstance(found, click.Group)
    assert all(inner.context_settings["auto_envvar_prefix"] == PREFIX for inner in found.commands.values())
    sources = next(param for param in command("detect").params if param.name == "sources")
    assert sources.envvar == "DRIFTMGR_SOURCES"


@pytest.mark.parametrize(("name", "option"), [("MODE", "--mode"), ("CACHE_TTL", "--cache-ttl")])
def test_a_refused_variable_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, option: str) -> None:
    """A refused value is said to be that of the variable it is from, and only then."""
    refused = run("detect", option, "fast")
    assert (refused.code, option in refused.err, "DRIFTMGR_" in refused.err) == (1, True, False)
    monkeypatch.setenv(f"DRIFTMGR_{name}", "fast")
    told = run("detect")
    assert (told.code, f"environment variable DRIFTMGR_{name}" in told.err) == (1, True)


def test_no_variable_means_two_things() -> None:
    """What an option takes from the environment is no variable that means something else in the program."""
    source = Path(driftmgr_package.__file__).parent
    read = {name for path in source.rglob("*.py") for name in re.findall(r"DRIFTMGR_[A-Z_]+", path.read_text())}
    commands = [command(name) for name in COMMANDS if name not in {"vault", "audit"}]
    inner = [item for found in commands if isinstance(found, click.Group) for item in found.commands.values()]
    options = {
        f"{PREFIX}_{param.name.upper()}"
        for found in (*commands, *inner)
        for param in found.params
        if isinstance(param, click.Option) and param.name and param.allow_from_autoenv
    }
    assert options & read <= {"DRIFTMGR_BASELINE", "DRIFTMGR_BASELINE_KEY_FILE", "DRIFTMGR_MODE"}


def test_another_file_can_be_named(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config, or DRIFTMGR_CONFIG, takes the place of the file that would be found."""
    (folder / "driftmgr.yaml").write_text("mode: quick\n")
    (folder / "other.yaml").write_text("mode: smart\n")
    assert shown(run, "--config", "other.yaml")["mode"] == {"value": "smart", "from": "other.yaml:1"}
    monkeypatch.setenv("DRIFTMGR_CONFIG", "other.yaml")
    assert shown(run)["mode"]["value"] == "smart"
    missing = run("config", "check", "--config", "none.yaml")
    assert (missing.code, missing.err.splitlines()[0]) == (1, "error: none.yaml: no such file")


@pytest.mark.parametrize("arguments", [("detect",), ("discover",), ("config", "check"), ("ignore", "list")])
def test_a_broken_file_stops_every_command_that_reads_it(run: Run, folder: Path, arguments: tuple[str, ...]) -> None:
    """A mistake is said with file and line and what was meant; the command's help is there all the same."""
    (folder / "driftmgr.yaml").write_text("mode: deep\nregoins: [a]\n")
    told = run(*arguments)
    assert told.code == 1
    assert told.err == "error: driftmgr.yaml:2: regoins: no such setting\nhint: did you mean regions?\n"
    assert run(*arguments, "--help").code == 0


def test_config_check_counts_and_warns(run: Run, folder: Path) -> None:
    """Settings, rules and lines are counted; what expired or can match nothing is named."""
    assert "no driftmgr.yaml here" in run("config", "check").out
    (folder / "driftmgr.yaml").write_text(
        "mode: deep\nignore:\n  - {type: a, owner: net team, reason: b, expires: 2020-01-31}\n"
    )
    (folder / ".driftignore").write_text("aws_vpc.*\n[\n")
    told = run("config", "check")
    assert told.out == "driftmgr.yaml: 2 settings, 1 ignore rule\n.driftignore: 2 lines\n"
    assert "driftmgr.yaml:3: expired on 2020-01-31: ask net team" in told.err
    assert ".driftignore:2: can match nothing" in told.err


def test_the_schema_is_printed(run: Run, folder: Path) -> None:
    """Editors get the schema that the repository publishes."""
    schema = json.loads(run("config", "schema").out)
    assert schema["$defs"]["Settings"]["additionalProperties"] is False
    assert set(schema["$defs"]["Settings"]["properties"]) == set(Settings.__struct_fields__)


@pytest.fixture
def vault(folder: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """A vault with a secret, and settings that ask for it."""
    key = folder / "key"
    key.write_text("A" * 43 + "=")
    key.chmod(0o600)
    monkeypatch.setenv("DRIFTMGR_VAULT_KEY_FILE", str(key))
    assert run("vault", "init", "--vault", "v.json").code == 0
    subprocess.run(
        ["driftmgr", "vault", "set", "external", "--vault", "v.json"],
        input=b"geheim-4711",
        check=True,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    (folder / "driftmgr.yaml").write_text(
        "vault: v.json\nexternal_id: vault:external\n"
        f"roles:\n  - arn: {ROLE}\n    external_id: vault:external\n"
        "provider_configurations:\n  hashicorp/aws:\n    secret_key: vault:external\n"
    )
    return folder / "v.json"


def values_of(*arguments: str) -> dict[str, Any]:
    """The options of a detect as the command gets them, and its provider configurations."""
    detect = command("detect")
    with detect.make_context("detect", list(arguments), parent=click.Context(driftmgr)) as context:
        return {**context.params, "providers": provider_configurations(context)}


def test_a_secret_comes_from_the_vault_when_it_is_needed(run: Run, vault: Path) -> None:
    """Options, roles and provider configurations get the secret; what shows settings shows the reference alone."""
    found = values_of()
    assert found["external_id"] == "geheim-4711"
    assert found["roles"] == (f"{ROLE},geheim-4711",)
    assert found["providers"] == {"hashicorp/aws": {"secret_key": "geheim-4711"}}
    told = run("config", "show")
    assert "geheim" not in told.out
    assert 'external_id              "vault:external"  (driftmgr.yaml:2)' in told.out


def test_a_locked_vault_says_who_asks_for_it(run: Run, vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the key the message names file, line and secret, and how to open the vault; a flag needs no vault."""
    monkeypatch.delenv("DRIFTMGR_VAULT_KEY_FILE")
    told = run("detect")
    assert told.code == 1
    assert told.err.startswith(
        "error: driftmgr.yaml:4: vault:external: this vault is opened by a key\nhint: give --key"
    )
    assert values_of_without_secrets() == "plain"


def values_of_without_secrets() -> Any:
    """The external id that a flag gives."""
    detect = command("detect")
    arguments = ["--external-id", "plain", "--role-arn", ROLE]
    with detect.make_context("detect", arguments, parent=click.Context(driftmgr)) as context:
        return context.params["external_id"]


@pytest.mark.parametrize(
    ("shell", "start"),
    [("bash", "_driftmgr_completion() {"), ("zsh", "#compdef driftmgr"), ("fish", "function _driftmgr")],
)
def test_completion_scripts_are_those_of_the_shells(run: Run, folder: Path, shell: str, start: str) -> None:
    """Each shell gets a script of its own."""
    assert run("completion", shell).out.startswith(start)


def test_what_the_completion_script_asks_is_answered(folder: Path) -> None:
    """Commands and options are completed, without a look at settings that may be broken."""
    (folder / "driftmgr.yaml").write_text("mode: [\n")
    for words, expected in (("driftmgr conf", "plain,config"), ("driftmgr detect --mana", "plain,--managed-only")):
        asked = {"_DRIFTMGR_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        done = subprocess.run(
            [Path(sys.executable).with_name("driftmgr")],
            env={**os.environ, **asked},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected


def test_init_writes_what_can_be_read_and_never_overwrites(run: Run, folder: Path) -> None:
    """The file that init writes is valid settings; where there is one it is left alone."""
    (folder / "one.tfstate").write_text('{"version": 4, "serial": 1, "lineage": "l", "resources": []}')
    assert run("init").code == 0
    assert shown(run)["sources"]["value"] == ["one.tfstate"]
    before = (folder / "driftmgr.yaml").read_text()
    told = run("init")
    assert (told.code, told.err.splitlines()[0]) == (1, "error: driftmgr.yaml: there are settings already")
    assert (folder / "driftmgr.yaml").read_text() == before


def test_a_secret_of_the_vault_is_in_no_message(run: Run, vault: Path) -> None:
    """A secret that stands where something else should be is not told by the error about it."""
    text = (vault.parent / "driftmgr.yaml").read_text()
    (vault.parent / "driftmgr.yaml").write_text(text.replace(f"arn: {ROLE}", "arn: vault:external"))
    told = run("detect")
    assert told.code == 1
    assert "not the ARN of a role: (redacted)" in told.err
    assert "geheim" not in told.err + told.out
