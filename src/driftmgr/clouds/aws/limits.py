"""How fast AWS may be asked: one table per account, region and service, with the source of each number.

Where AWS publishes quotas per second and no bucket, the burst is one second's worth. Where it publishes nothing for the
calls that we make the number is ours, and the row says so: a bucket that meets throttling halves itself, so a number
that is too high costs a few retries.
"""

from collections.abc import Mapping

import msgspec

from driftmgr.runtime.guard import Endpoint
from driftmgr.runtime.limiter import Limit

_DOCS = "https://docs.aws.amazon.com"


class SourcedLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit, what AWS says, and where; ``published`` is false where the number is ours."""

    limit: Limit
    says: str
    page: str
    published: bool = True


LIMITS: Mapping[str, SourcedLimit] = {
    "autoscaling": SourcedLimit(
        limit=Limit(rate=20, burst=40),
        says="one token bucket for all calls; its size is not told",
        page=f"{_DOCS}/autoscaling/ec2/APIReference/Welcome.html",
        published=False,
    ),
    "dynamodb": SourcedLimit(
        limit=Limit(rate=250, burst=250),
        says="2,500 control plane requests a second, together; a tenth of it, as others need them",
        page=f"{_DOCS}/amazondynamodb/latest/developerguide/bp-control-plane.html",
    ),
    "ec2": SourcedLimit(
        limit=Limit(rate=20, burst=100, per_operation=True),
        says="non-mutating actions: a bucket of 100 for each, refilled with 20 a second",
        page=f"{_DOCS}/ec2/latest/devguide/ec2-api-throttling.html",
    ),
    "ecr": SourcedLimit(
        limit=Limit(rate=20, burst=40),
        says="rates of pushing and pulling images only",
        page=f"{_DOCS}/AmazonECR/latest/userguide/service-quotas.html",
        published=False,
    ),
    "elbv2": SourcedLimit(
        limit=Limit(rate=10, burst=40),
        says="one bucket of 40 for all actions, refilled with 10 a second; the non-mutating ones have no more",
        page=f"{_DOCS}/elasticloadbalancing/latest/userguide/elb-api-throttling.html",
    ),
    "iam": SourcedLimit(
        limit=Limit(rate=20, burst=40, per_operation=True),
        says="token buckets whose size and refill depend on the API; no number",
        page="https://aws.amazon.com/blogs/security/how-to-monitor-and-query-iam-resources-at-scale-part-2/",
        published=False,
    ),
    "kms": SourcedLimit(
        limit=Limit(rate=100, burst=100, per_operation=True),
        says="ListKeys and ListAliases, the slowest that we call: 500 a second; a fifth of it, as others need them",
        page=f"{_DOCS}/kms/latest/developerguide/requests-per-second.html",
    ),
    "lambda": SourcedLimit(
        limit=Limit(rate=15, burst=15),
        says="remainder of the control plane API: 15 requests a second, together",
        page=f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html#api-requests",
    ),
    "logs": SourcedLimit(
        limit=Limit(rate=10, burst=10, per_operation=True),
        says="DescribeLogGroups: 10 a second",
        page=f"{_DOCS}/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html",
    ),
    "rds": SourcedLimit(
        limit=Limit(rate=20, burst=40),
        says="calls above a quota per second are throttled; its size is not told",
        page=f"{_DOCS}/AmazonRDS/latest/UserGuide/CHAP_Limits.html",
        published=False,
    ),
    "resourcegroupstaggingapi": SourcedLimit(
        limit=Limit(rate=15, burst=15),
        says="GetResources: 15 calls a second",
        page=f"{_DOCS}/tag-editor/latest/userguide/reference.html",
    ),
    "route53": SourcedLimit(
        limit=Limit(rate=5, burst=5),
        says="5 requests a second per account, all together",
        page=f"{_DOCS}/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-route-53",
    ),
    "s3": SourcedLimit(
        limit=Limit(rate=100, burst=200),
        says="5,500 reads a second for each prefix; nothing for calls about buckets, so far below",
        page=f"{_DOCS}/AmazonS3/latest/userguide/optimizing-performance.html",
        published=False,
    ),
    "secretsmanager": SourcedLimit(
        limit=Limit(rate=50, burst=50, per_operation=True),
        says="GetResourcePolicy, the slowest that we call: 50 a second",
        page=f"{_DOCS}/secretsmanager/latest/userguide/reference_limits.html",
    ),
    "sns": SourcedLimit(
        limit=Limit(rate=30, burst=30, per_operation=True),
        says="ListTopics: 30 transactions a second; GetTopicAttributes: 30 where a region has fewest",
        page=f"{_DOCS}/general/latest/gr/sns.html",
    ),
    "sqs": SourcedLimit(
        limit=Limit(rate=20, burst=40),
        says="rates of messages only",
        page=f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html",
        published=False,
    ),
    "ssm": SourcedLimit(
        limit=Limit(rate=20, burst=20, own={"ssm.describe_parameters": Limit(rate=3, burst=3)}),
        says="DescribeParameters: 3 a second; GetParametersByPath: 40, together with GetParameter and GetParameters; "
        "a half of it, as others need them",
        page=f"{_DOCS}/general/latest/gr/ssm.html",
    ),
    "sts": SourcedLimit(
        limit=Limit(rate=60, burst=60),
        says="600 requests a second per account, together; a tenth of it, as others need them",
        page=f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html",
    ),
}
UNKNOWN = Limit(rate=20, burst=40)
"""Ours, for a service that the table lacks: a state in a bucket behind another service, a provider's own calls."""


def limit_of(endpoint: Endpoint) -> Limit:
    """The limit that AWS sets for an endpoint."""
    row = LIMITS.get(endpoint.service)
    return UNKNOWN if row is None else row.limit


# Requests under way at once per scan, account, service and region. A scan that cannot fill the queue of a bucket lets
# others have their turn, and at the usual 50-200 ms per answer these reach the rates above.
IN_FLIGHT_DEFAULT = 8
IN_FLIGHT = {"s3": 30, "sqs": 20, "dynamodb": 10, "ec2": 10, "iam": 5, "lambda": 6, "kms": 8}
IN_FLIGHT_PER_PROCESS = 48
"""Threads of a process; more wait their turn."""
