"""ECR repositories. Source: provider ``internal/service/ecr/repository.go``.

DescribeRepositories tells all of them but the tags.
"""

from typing import Any

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS, tags_by_arn
from driftmgr.catalog.entry import MEDIUM, Attribute, ResourceType, aws_call
from driftmgr.catalog.transforms import aws_tags


def encryption_or_default(blocks: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The encryption of a repository; AES256 where nothing is said, as before a provider recorded it."""
    return blocks or [{"encryption_type": "AES256", "kms_key": ""}]


REPOSITORY = ResourceType(
    name="aws_ecr_repository",
    criticality=MEDIUM,
    list=aws_call("ecr.describe_repositories", "repositories", params={"maxResults": 1000}),
    joins={"Tags": tags_by_arn("ecr:repository", "repositoryArn")},
    id="repositoryName",
    owner=MADE_BY_TAGS,
    attributes={
        "arn": "repositoryArn",
        "encryption_configuration": Attribute(
            "encryptionConfiguration",
            nested={
                "encryption_type": Attribute("encryptionType", default="AES256"),
                "kms_key": "kmsKey",
            },
            normal=encryption_or_default,
        ),
        "image_scanning_configuration": Attribute(
            "imageScanningConfiguration", nested={"scan_on_push": Attribute("scanOnPush", default=False)}
        ),
        "image_tag_mutability": Attribute("imageTagMutability", default="MUTABLE"),
        "name": "repositoryName",
        "registry_id": "registryId",
        "repository_url": "repositoryUri",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "force_delete": "tells the provider whether to delete images with the repository; ECR does not know it"
    },
)
