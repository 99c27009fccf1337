"""Tags in bulk: the Resource Groups Tagging API lists all tagged objects of a service, 100 a page.

It lists what is or was tagged (https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html),
so an object that is not in it has no tags. IAM is not covered by it.
"""

from typing import Any

from driftmgr.catalog.entry import Attribute, Join, Template, aws_call


def tags_by_arn(resource_type: str, arn: str | Template) -> Join:
    """The tags of each object by its ARN; ``resource_type`` is ``service`` or ``service:type``."""
    call = aws_call(
        "resourcegroupstaggingapi.get_resources",
        "ResourceTagMappingList",
        params={"ResourceTypeFilters": [resource_type], "ResourcesPerPage": 100},
        permission="tag:GetResources",
    )
    return Join(call=call, on="ResourceARN", to=arn, value="Tags")


# Tags that a service puts on what it makes, and what it is called: nobody's Terraform state should know these objects.
_MAKERS = {
    "aws:autoscaling:groupName": "autoscaling group",
    "aws:cloudformation:stack-name": "CloudFormation stack",
    "aws:eks:cluster-name": "EKS cluster",
    "eks:nodegroup-name": "EKS node group",
    "elasticbeanstalk:environment-name": "Elastic Beanstalk environment",
    "elbv2.k8s.aws/cluster": "Kubernetes cluster",
    "karpenter.sh/nodepool": "Karpenter node pool",
    "kubernetes.io/service-name": "Kubernetes service",
}


def maker_of_tags(tags: Any) -> str | None:
    """The service that made an object, by the tags it left: ``autoscaling group web``."""
    found = {tag.get("Key"): tag.get("Value") for tag in tags or ()}
    return next((f"{word} {found[key]}" for key, word in _MAKERS.items() if key in found), None)


MADE_BY_TAGS = Attribute("Tags", read=maker_of_tags)
"""``owner=`` of a type whose tags are ``Tags``."""
