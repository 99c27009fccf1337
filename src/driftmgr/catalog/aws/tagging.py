"""Tags in bulk: the Resource Groups Tagging API lists all tagged objects of a service, 100 a page.

It lists what is or was tagged (https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html),
so an object that is not in it has no tags. IAM is not covered by it.
"""

from driftmgr.catalog.entry import Join, Template, aws_call


def tags_by_arn(resource_type: str, arn: str | Template) -> Join:
    """The tags of each object by its ARN; ``resource_type`` is ``service`` or ``service:type``."""
    call = aws_call(
        "resourcegroupstaggingapi.get_resources",
        "ResourceTagMappingList",
        params={"ResourceTypeFilters": [resource_type], "ResourcesPerPage": 100},
        permission="tag:GetResources",
    )
    return Join(call=call, on="ResourceARN", to=arn, value="Tags")
