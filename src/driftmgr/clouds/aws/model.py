"""What botocore's model says of an operation's answer."""

import botocore.session
from botocore import exceptions, xform_name
from botocore.model import ListShape, StructureShape

from driftmgr.model import DriftMgrError


def listed_members(operation: str) -> tuple[str, frozenset[str]]:
    """The member of the answer that holds the list, and the members of its elements (empty for bare names).

    Raises ``DriftMgrError`` for a service, method or answer without a list.
    """
    service, _, method = operation.partition(".")
    try:
        model = botocore.session.Session().get_service_model(service)
    except exceptions.UnknownServiceError as error:
        raise DriftMgrError(
            f"botocore knows no service {service}", hint="write SERVICE.METHOD: sqs.list_queues"
        ) from error
    names = {xform_name(name): name for name in model.operation_names}
    if method not in names:
        raise DriftMgrError(f"{service} has no operation {method}", hint="write the client's method: list_queues")
    output = model.operation_model(names[method]).output_shape
    lists = {name: shape for name, shape in (output.members if output else {}).items() if isinstance(shape, ListShape)}
    if not lists:
        raise DriftMgrError(f"the answer of {operation} holds no list", hint="name a list or describe operation")
    name, shape = max(lists.items(), key=lambda pair: isinstance(pair[1].member, StructureShape))
    member = shape.member
    return name, frozenset(member.members) if isinstance(member, StructureShape) else frozenset()
