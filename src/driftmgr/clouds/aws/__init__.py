"""AWS, through botocore: credentials, endpoints, signing and paging are its; retries are ours."""

from driftmgr.clouds.aws.api import AwsApi
from driftmgr.clouds.aws.session import AwsAccount, AwsSession

__all__ = ["AwsAccount", "AwsApi", "AwsSession"]
