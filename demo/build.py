"""Build the estate of ``infrastructure/main.tf`` by plain API calls, and the state that Terraform would have written.

Nobody who runs the demo needs Terraform. ``recorded.tfstate`` is the state that Terraform 1.11 with provider 5.100.0
wrote for that configuration, each id in it that the cloud chooses replaced by its name: ``${aws_vpc.main.id}``. A
conformance test applies the configuration, compares, and writes the file anew when asked to.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

INFRASTRUCTURE = Path(__file__).parent / "infrastructure"
RECORDED = INFRASTRUCTURE / "recorded.tfstate"
REGION = "eu-central-1"
ACCOUNT = "123456789012"  # moto's own
BUCKET, ROLE = "orders-invoices", "orders-app"

Client = Callable[[str], Any]
"""A botocore client by the name of its service, in ``REGION``."""

Names = dict[str, str]
"""What the cloud chose, by address and attribute: ``aws_vpc.main.id``."""


def build(client: Client) -> Names:
    """Create every object of the configuration; gives the ids and other values that the cloud chose."""
    names = {"lineage": str(uuid.uuid4()), "terraform_data.release.id": str(uuid.uuid4())}
    names |= _network(client("ec2"))
    names |= _security_groups(client("ec2"), names["aws_vpc.main.id"])
    names |= _queues(client("sqs"))
    names |= _role(client("iam"))
    names |= _secret(client("secretsmanager"))
    _bucket(client("s3"))
    widgets = {
        "widgets": [{"type": "text", "x": 0, "y": 0, "width": 3, "height": 3, "properties": {"markdown": "Orders"}}]
    }
    client("cloudwatch").put_dashboard(DashboardName="orders", DashboardBody=compact(widgets))
    return names


def state_of(names: Mapping[str, str]) -> str:
    """The recorded state with the names of this run's objects."""
    text = RECORDED.read_text()
    for name, value in names.items():
        text = text.replace(placeholder(name), value)
    if "${" in text:
        raise ValueError(f"nothing was created for {text[text.index('${') :].partition('}')[0]}}}")
    return text


def placeholder(name: str) -> str:
    """How a name stands in the recorded state, inside a JSON string."""
    return "${" + name.replace('"', '\\"') + "}"


def compact(document: Any) -> str:
    """JSON as Terraform's ``jsonencode`` writes it."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def policy(action: str | list[str], **others: Any) -> str:
    """An IAM policy of one statement that allows an action."""
    statement = {"Effect": "Allow", "Action": action, **others}
    return compact({"Version": "2012-10-17", "Statement": [statement]})


def _tagged(kind: str, **tags: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def _network(ec2: Any) -> Names:
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=_tagged("vpc", Name="orders", env="production"))
    vpc_id = vpc["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    main_table = ec2.describe_route_tables(Filters=in_vpc)["RouteTables"][0]["RouteTableId"]
    gateway = ec2.create_internet_gateway(TagSpecifications=_tagged("internet-gateway", Name="orders"))
    gateway_id = gateway["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc_id)
    table = ec2.create_route_table(VpcId=vpc_id, TagSpecifications=_tagged("route-table", Name="public"))
    table_id = table["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway_id)
    names = {
        "aws_vpc.main.id": vpc_id,
        "aws_vpc.main.default_network_acl_id": ec2.describe_network_acls(Filters=in_vpc)["NetworkAcls"][0][
            "NetworkAclId"
        ],
        "aws_vpc.main.default_security_group_id": ec2.describe_security_groups(Filters=in_vpc)["SecurityGroups"][0][
            "GroupId"
        ],
        "aws_vpc.main.main_route_table_id": main_table,
        "aws_internet_gateway.main.id": gateway_id,
        "aws_route_table.public.id": table_id,
    }
    for key, block in (("a", "10.20.1.0/24"), ("b", "10.20.2.0/24")):
        subnet = ec2.create_subnet(
            VpcId=vpc_id,
            CidrBlock=block,
            AvailabilityZone=f"{REGION}{key}",
            TagSpecifications=_tagged("subnet", Name=f"web-{key}", env="production"),
        )
        subnet_id = subnet["Subnet"]["SubnetId"]
        association = ec2.associate_route_table(SubnetId=subnet_id, RouteTableId=table_id)
        names[f'aws_subnet.web["{key}"].id'] = subnet_id
        names[f'aws_route_table_association.web["{key}"].id'] = association["AssociationId"]
    return names


def _security_groups(ec2: Any, vpc_id: str) -> Names:
    def create(name: str, description: str) -> str:
        made = ec2.create_security_group(
            GroupName=name,
            Description=description,
            VpcId=vpc_id,
            TagSpecifications=_tagged("security-group", Name=name),
        )
        group_id: str = made["GroupId"]
        # Terraform takes the rule away that AWS gives to every new group.
        ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=[_permission("-1", None, "0.0.0.0/0")])
        return group_id

    web, database = create("web", "Web servers"), create("database", "Databases")
    ec2.authorize_security_group_ingress(
        GroupId=web,
        IpPermissions=[
            _permission("tcp", 443, "0.0.0.0/0", "HTTPS"),
            _permission("tcp", 22, "198.51.100.0/24", "SSH from the office"),
        ],
    )
    ec2.authorize_security_group_egress(GroupId=web, IpPermissions=[_permission("-1", None, "0.0.0.0/0")])
    from_web = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": web}]}
    rule = ec2.authorize_security_group_ingress(GroupId=database, IpPermissions=[from_web])["SecurityGroupRules"][0]
    return {
        "aws_security_group.web.id": web,
        "aws_security_group.database.id": database,
        "aws_vpc_security_group_ingress_rule.database_from_web.id": rule["SecurityGroupRuleId"],
    }


def _permission(protocol: str, port: int | None, source: str, description: str = "") -> dict[str, Any]:
    ports = {} if port is None else {"FromPort": port, "ToPort": port}
    told = {"Description": description} if description else {}
    return {"IpProtocol": protocol, **ports, "IpRanges": [{"CidrIp": source, **told}]}


def _queues(sqs: Any) -> Names:
    names = {}
    for key, timeout in (("orders", "60"), ("returns", "30")):
        # The provider sends its own default of the size, which is not the cloud's.
        settings = {"VisibilityTimeout": timeout, "MaximumMessageSize": "262144"}
        made = sqs.create_queue(QueueName=f"orders-{key}", Attributes=settings, tags={"env": "production"})
        names[f'module.queue["{key}"].aws_sqs_queue.this.id'] = made["QueueUrl"]
    return names


def _role(iam: Any) -> Names:
    role = iam.create_role(
        RoleName=ROLE,
        AssumeRolePolicyDocument=policy("sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"}),
        Tags=[{"Key": "env", "Value": "production"}],
    )["Role"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders-orders"
    may_use_queue = policy(["sqs:SendMessage", "sqs:ReceiveMessage"], Resource=queue)
    iam.put_role_policy(RoleName=ROLE, PolicyName="queues", PolicyDocument=may_use_queue)
    return {
        "aws_iam_role.app.create_date": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws_iam_role.app.unique_id": role["RoleId"],
    }


def _secret(secrets: Any) -> Names:
    made = secrets.create_secret(Name="orders/database", Description="Password of the order database")
    return {"aws_secretsmanager_secret.database.id": made["ARN"]}


def _bucket(s3: Any) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "env", "Value": "production"}]})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=public_access(blocked=True))
    s3.put_bucket_policy(Bucket=BUCKET, Policy=readers({"AWS": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"}))


def readers(principal: str | dict[str, str]) -> str:
    """The bucket's policy, for those who may read."""
    return policy("s3:GetObject", Sid="Readers", Principal=principal, Resource=f"arn:aws:s3:::{BUCKET}/*")


def public_access(*, blocked: bool) -> dict[str, bool]:
    """All four switches of a public access block."""
    switches = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return dict.fromkeys(switches, blocked)
