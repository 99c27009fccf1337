"""How many requests may be under way at once per account, service and region.

AWS publishes token buckets, not concurrency; these numbers keep a scan inside them at the usual
50-200 ms per answer. Sources: EC2 non-mutating describe calls refill 20/s, burst 100
(https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html); KMS and Lambda control planes
15/s (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), S3 has no published
control-plane limit, 3,500+ requests/s per prefix for data.
"""

IN_FLIGHT_DEFAULT = 8
IN_FLIGHT = {"s3": 30, "sqs": 20, "dynamodb": 10, "ec2": 10, "iam": 5, "lambda": 6, "kms": 8}
IN_FLIGHT_PER_PROCESS = 48
