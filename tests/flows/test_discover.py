"""``driftmgr discover``: the inventory in three formats."""

import csv
import io

from conformance.emulator import ACCOUNT, Emulator
from demo.build import REGION, Names
from flows.conftest import Run

HERE = ("discover", "--region", REGION)


def test_every_object_is_listed_once_in_each_format(estate: Names, run: Run) -> None:
    """Table, JSON and CSV hold the same objects, those of the account and those of the region."""
    table, text, rows = (run(*HERE, "-o", output) for output in ("table", "json", "csv"))
    assert [ran.code for ran in (table, text, rows)] == [0, 0, 0]
    objects = [(item["type"], item["id"]) for item in text.json["objects"]]
    assert len(objects) == len(set(objects)) > 15
    assert {kind for kind, _ in objects} > {"aws_vpc", "aws_subnet", "aws_iam_role", "aws_s3_bucket", "aws_sqs_queue"}
    listed = list(csv.DictReader(io.StringIO(rows.out)))
    assert [(row["type"], row["id"]) for row in listed] == objects
    assert all(row["account"] == ACCOUNT for row in listed)
    assert [tuple(line.split()[:2]) for line in table.out.splitlines()[:-1]] == objects
    assert table.out.splitlines()[-1].startswith(f"{len(objects)} objects, ")


def test_objects_carry_terraforms_attributes(estate: Names, run: Run) -> None:
    """JSON holds the attributes in Terraform's words, the scope and the parent of each object."""
    found = run(*HERE, "--type", "aws_subnet", "-o", "json").json["objects"]
    subnet = next(item for item in found if item["id"] == estate['aws_subnet.web["a"].id'])
    assert subnet["scope"] == {"cloud": "aws", "account": ACCOUNT, "region": REGION}
    assert subnet["attributes"]["cidr_block"] == "10.20.1.0/24"
    assert subnet["attributes"]["tags_all"] == {"Name": "web-a", "env": "production"}
    assert subnet["parents"] == [{"type": "aws_vpc", "id": estate["aws_vpc.main.id"]}]


def test_types_and_defaults_are_chosen_as_in_detect(estate: Names, run: Run) -> None:
    """--type takes patterns; default objects are listed with --include-defaults."""
    plain = run(*HERE, "--type", "aws_vpc", "-o", "json").json["objects"]
    assert [item["id"] for item in plain] == [estate["aws_vpc.main.id"]]
    everything = run(*HERE, "--type", "aws_vp[c]", "--include-defaults", "-o", "json").json["objects"]
    assert len(everything) == 2
    assert {item["is_default"] for item in everything} == {False, True}


def test_a_formula_in_a_tag_is_no_formula_in_a_spreadsheet(cloud: Emulator, run: Run) -> None:
    """A cell that a spreadsheet would run begins with a quote."""
    cloud.client("ec2").create_vpc(
        CidrBlock="10.0.0.0/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "=cmd()"}]}],
    )
    where = ("discover", "--region", "us-east-1", "--type", "aws_vpc")
    rows = csv.DictReader(io.StringIO(run(*where, "-o", "csv").out))
    assert [row["name"] for row in rows] == ["'=cmd()"]
