"""A ``driftmgr.yaml`` from what is there."""

import json
from pathlib import Path

from driftmgr.app.settings import Settings, parse
from driftmgr.app.settings.starter import look_around, starter

S3 = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n  }\n}\n'
STATE = json.dumps(
    {
        "version": 4,
        "terraform_version": "1.9.0",
        "serial": 1,
        "lineage": "l",
        "outputs": {},
        "resources": [
            {
                "mode": "managed",
                "type": "aws_sqs_queue",
                "name": "q",
                "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                "instances": [
                    {"schema_version": 0, "attributes": {"id": "q", "arn": "arn:aws:sqs:eu-west-3:111122223333:q"}}
                ],
            }
        ],
    }
)


def test_working_directories_and_states_are_found(tmp_path: Path) -> None:
    """Root modules by their backend, states of their own by name; modules, hidden folders and broken states are not."""
    for name, content in {
        "live/net/main.tf": S3,
        "live/app/main.tf": "",
        "live/app/terraform.tfstate": STATE,
        "modules/vpc/main.tf": "variable x {}",
        ".terraform/modules/a/main.tf": S3,
        "states/one.tfstate": STATE,
        "states/broken.tfstate": "broken",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    found = look_around(tmp_path)
    assert (found.directories, found.states) == (("live/app", "live/net"), ("states/one.tfstate",))
    assert (found.backends, found.regions) == (("local", "s3"), ("eu-west-3",))
    assert found.unreadable == ("states/broken.tfstate",)
    text = starter(found)
    settings = parse(text, "driftmgr.yaml").settings
    assert settings.sources == ("live/app", "live/net", "states/one.tfstate")
    assert "# states/broken.tfstate is no state that can be read." in text
    assert "#   - eu-west-3" in text


def test_what_is_commented_out_can_be_used(tmp_path: Path) -> None:
    """Without the marks of comments the examples are settings that are valid."""
    text = starter(look_around(tmp_path))
    assert parse(text, "driftmgr.yaml").values() == {}
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    settings = [line for line in lines if line.partition(":")[0] in Settings.__struct_fields__ or line[:2] == "  "]
    found = parse("\n".join(settings), "driftmgr.yaml")
    assert {"sources", "regions", "mode", "accept_gaps", "outputs", "criticality", "ignore"} == set(found.values())


def test_a_broken_backend_block_costs_no_working_directory(tmp_path: Path) -> None:
    """Its folder is listed all the same, with a backend that is unknown; reading its state tells file and line."""
    (tmp_path / "net").mkdir()
    (tmp_path / "net/main.tf").write_text('terraform {\n  backend "s3" {\n')
    found = look_around(tmp_path)
    assert (found.directories, found.backends) == (("net",), ("unknown",))
