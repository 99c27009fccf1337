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
        union="ResourceTypeFilters",
        permission="tag:GetResources",
    )
    return Join(call=call, on="ResourceARN", to=arn, value="Tags")


# Tags that a service puts on what it makes, and what it is called: nobody's Terraform state should know these objects.
# The first that fits names the maker: Karpenter launches through fleets.
_MAKERS = {
    "aws:autoscaling:groupName": "autoscaling group",
    "aws:cloudformation:stack-name": "CloudFormation stack",
    "aws:eks:cluster-name": "EKS cluster",
    "eks:nodegroup-name": "EKS node group",
    "elasticbeanstalk:environment-name": "Elastic Beanstalk environment",
    "elbv2.k8s.aws/cluster": "Kubernetes cluster",
    "karpenter.sh/nodepool": "Karpenter node pool",
    "karpenter.sh/provisioner-name": "Karpenter provisioner",
    "kubernetes.io/created-for/pvc/name": "Kubernetes volume claim",
    "kubernetes.io/service-name": "Kubernetes service",
    "aws:ec2:fleet-id": "EC2 fleet",
    "aws:ec2spot:fleet-request-id": "Spot fleet",
}


def maker_of_tags(tags: Any) -> str | None:
    """The service that made an object, by the tags it left: ``autoscaling group web``."""
    found = {tag.get("Key"): tag.get("Value") for tag in tags or ()}
    return next((f"{word} {found[key]}" for key, word in _MAKERS.items() if key in found), None)


MADE_BY_TAGS = Attribute("Tags", read=maker_of_tags)
"""``owner=`` of a type whose tags are ``Tags``."""


def maker(found: Any) -> str | None:
    """The AWS service that operates an object, or else its maker by tags; from ``operator`` and ``tags``."""
    return found["operator"] or maker_of_tags(found["tags"])


MADE_BY_SERVICE = Attribute("{operator: Operator.Principal, tags: Tags}", read=maker)
"""``owner=`` of a type that also tells the service which operates it (EKS Auto Mode, ECS managed instances)."""
