"""How fast AWS may be asked: one table per account, region and service, with the source of each number.

Where AWS publishes quotas per second and no bucket, the burst is one second's worth. Where it publishes nothing the
number is ours: a bucket that meets throttling halves itself, so a number that is too high costs a few retries.
"""

from collections.abc import Mapping

from driftmgr.runtime.guard import Endpoint
from driftmgr.runtime.limiter import Limit

LIMITS: Mapping[str, Limit] = {
    # "Each API is evaluated individually"; non-mutating actions: 100 tokens, 20 per second.
    # https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
    "ec2": Limit(rate=20, burst=100, per_operation=True),
    # "Five requests per second per AWS account", all requests together.
    # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-route-53
    "route53": Limit(rate=5, burst=5),
    # "Remainder of the control plane API requests": 15 per second, together.
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests
    "lambda": Limit(rate=15, burst=15),
    # GetResourcePolicy, the slowest that we call: 50 per second.
    # https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
    "secretsmanager": Limit(rate=50, burst=50, per_operation=True),
    # The lowest of the calls we make, ListKeys and ListAliases: 500 per second each. A fifth of it, for the quotas are
    # those of everything that the account does with keys.
    # https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
    "kms": Limit(rate=100, burst=100, per_operation=True),
    # "A control plane throttle limit of 2,500 requests per second", together; a tenth of it, for the same reason.
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-control-plane.html
    "dynamodb": Limit(rate=250, burst=250),
    # At least 5,500 reads per second for each prefix; nothing published for calls about buckets, so far below.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
    "s3": Limit(rate=100, burst=200),
}
UNPUBLISHED = Limit(rate=20, burst=40)
"""Ours, for services of which we know no published number for the calls that we make."""
GUESSED = frozenset(
    {
        "autoscaling",
        "ecr",
        "elbv2",
        "iam",
        "logs",
        "rds",
        "resourcegroupstaggingapi",
        "sns",
        "sqs",
        "ssm",
        "sts",
    }
)
"""Those services; a test holds that every other one that the catalog asks has a number with a source."""


def limit_of(endpoint: Endpoint) -> Limit:
    """The limit that AWS sets for an endpoint."""
    return LIMITS.get(endpoint.service, UNPUBLISHED)


# Requests under way at once per scan, account, service and region. A scan that cannot fill the queue of a bucket lets
# others have their turn, and at the usual 50-200 ms per answer these reach the rates above.
IN_FLIGHT_DEFAULT = 8
IN_FLIGHT = {"s3": 30, "sqs": 20, "dynamodb": 10, "ec2": 10, "iam": 5, "lambda": 6, "kms": 8}
IN_FLIGHT_PER_PROCESS = 48
"""Threads of a process; more wait their turn."""
