"""The words a catalog entry is written in.

An entry is data: frozen values that say how a resource type is listed, which details complete it,
and where in the answers each Terraform attribute is found. Two words do the work: a *transform*
(``read=``) turns a cloud value into Terraform's shape, an *equivalence* (``equal=``) says when two
values mean the same. All else is a JMESPath, a list of names or a template.

What is derived and never written: permissions, cost, paging, rate limits, import ids. What is
not here at all: value types, computed, sensitive, set or list; they come from the schema pack.

Paths (JMESPath) are evaluated over one *item*: the listed answer itself, with each detail and join
under its own key, ``Parent`` (the item it was expanded from) and ``Scope`` (``account``, ``region``,
``partition``) beside it. In the item the keys of details and joins are names of our choice.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from driftmgr.model import RemoteObject

Criticality = Literal["critical", "high", "medium", "low"]
CRITICAL: Criticality = "critical"
HIGH: Criticality = "high"
MEDIUM: Criticality = "medium"
LOW: Criticality = "low"

Reach = Literal["regional", "global"]
REGIONAL: Reach = "regional"
GLOBAL: Reach = "global"

Transform = Callable[[Any], Any]
"""A cloud value in, a value of Terraform's shape out; pure. Gets ``None`` when the path found nothing."""

Equivalence = Callable[[Any, Any], bool]
"""Whether ``(recorded, observed)`` mean the same; pure, symmetric; its name is the rule's name in reports."""


ALL = "`true`"
"""``is_default=`` of a type whose objects come into being by themselves: none that a state lacks is a finding."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One read operation of a cloud's API.

    ``operation`` is botocore's client and method (``ec2.describe_security_groups``), or the path of a
    GET whose braces parameters fill (``/v2/domains/{domain}/records``), the others being its query.
    ``items`` says what of the answer counts: for a list call a path to a list (merged over all
    pages), for a detail call a path to any value. ``params`` are constants; ``given`` are parameters
    taken from the item by path. ``region`` is a path over the item to the region that must be asked
    (S3 buckets), else the scope's own. ``when`` is a path over the item: a detail call is made only
    where it finds something true (capacity is not asked of a gateway), else the answer is ``None``.
    ``absent`` names the error codes that mean "not set"; every other error is a gap. ``union`` names a
    parameter of the call of a join, a filter with a list of values: calls of one scope that differ in it
    alone are asked once, with the values of all, and each join finds its own by key.
    ``permission`` overrides the IAM action derived from the operation; a tuple if one call needs
    several.
    """

    operation: str
    items: str = "@"
    params: Mapping[str, Any] = {}
    given: Mapping[str, str] = {}
    region: str | None = None
    when: str | None = None
    absent: tuple[str, ...] = ()
    union: str | None = None
    permission: str | tuple[str, ...] | None = None

    @property
    def service(self) -> str:
        """The part of the API that is planned, limited and fails as one: ``ec2``, ``domains``."""
        return next(word for word in _WORDS.split(self.operation) if word and not _VERSION.fullmatch(word))


_WORDS, _VERSION = re.compile(r"[./]"), re.compile(r"v\d+\w*")


def aws_call(operation: str, items: str = "@", /, **others: Any) -> Call:
    """Short form: ``aws_call("ec2.describe_vpcs", "Vpcs[]")``."""
    return Call(operation=operation, items=items, **others)


def http_call(operation: str, items: str, permission: str | tuple[str, ...], /, **others: Any) -> Call:
    """Short form: ``http_call("/v2/vpcs", "vpcs", "vpc:read")``."""
    return Call(operation=operation, items=items, permission=permission, **others)


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """A bulk source that completes listed items: asked once per scope, all pages, never per object.

    ``on`` is a path over one bulk item to its key, ``to`` a path over the listed item to the key
    (or list of keys) it wants; it may use a detail. The item gets the matching bulk item (``None``
    without one), or with ``many`` the list of all matching ones. ``value`` is a path over the bulk
    item to what is kept. With ``of`` the call is made for each item of that list call, which its bulk
    items have as ``Parent`` (the droplets of every pool). With ``required`` every listed item has
    its match: one without is not "unset" but unread, a gap.
    """

    call: Call
    on: str
    of: Call | None = None
    to: "str | Template"
    many: bool = False
    required: bool = False
    value: str = "@"


class Template(msgspec.Struct, frozen=True):
    """Text with paths in braces: ``Template("arn:{partition}:ec2:{region}:{account}:vpc/{VpcId}")``.

    ``{partition}``, ``{region}`` and ``{account}`` are the scope's; all else is a path over the
    item. Gives ``None`` as soon as one path finds nothing.
    """

    text: str

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths in braces, the scope's three words spelled out."""
        return tuple(_SCOPE_WORDS.get(path, path) for path in _BRACES.findall(self.text))


_BRACES = re.compile(r"\{([^{}]+)\}")
_SCOPE_WORDS = {word: f"Scope.{word}" for word in ("partition", "region", "account")}


class _Untold(msgspec.Struct, frozen=True):
    pass


UNTOLD = _Untold()
"""What a transform gives where this one object does not tell the attribute (a value that is encrypted, a property that
only other kinds have): it is then no attribute of the object, and not compared."""


class Attribute(msgspec.Struct, frozen=True):
    """Where one Terraform attribute or nested block comes from, and how it compares.

    ``path`` is evaluated over the item (inside ``nested``: over the value of the block). ``read``
    turns the found value into Terraform's shape. ``nested`` maps the attributes of a block: it is
    applied to each element if the found value is a list, else to the one object; what comes out is
    always the list that Terraform's state holds (empty when nothing was found). ``equal`` replaces
    the schema-driven comparison of the whole value by an equivalence. ``normal`` is a transform to
    a normal form, applied to both sides before they are compared (rules with several sources as
    one rule per source): use it where a difference shall be reported per element, ``equal`` where
    the value is one thing. ``default`` is what an unset value means: ``None`` on either side reads
    as it (SDK ``Default:``; the cloud's own default). ``when`` is a path over the recorded object that
    holds the attribute (the resource, or the element of a block with the resource beside it as
    ``Resource``): where it finds nothing true the attribute is not compared, as the provider does
    not record it then (``forward`` beside ``target_group_arn``).
    ``key`` names the member, or the members together, that tell the objects of a set apart (a
    policy's ``name``): those of one key stand for each other, however much else differs.
    ``counts`` makes the difference of a computed attribute drift, where it is the only sign of a
    change that cannot be read (the checksum of a function's code). ``own_tags`` marks tags that
    are recorded without the provider's default tags: those are left out of the observed side too.
    ``sensitive`` masks a value that the schema calls harmless, for another attribute tells the same
    as a secret.
    """

    path: str | Template = "@"
    read: Transform | None = None
    equal: Equivalence | None = None
    normal: Transform | None = None
    nested: "Mapping[str, AttributeLike] | None" = None
    default: Any = None
    key: str | tuple[str, ...] | None = None
    counts: bool = False
    when: str | None = None
    own_tags: bool = False
    sensitive: bool = False


AttributeLike = str | Template | Attribute


class ParentRef(msgspec.Struct, frozen=True, kw_only=True):
    """Says that objects of this type belong to an object of another.

    ``attribute`` is the attribute or link of this type that holds the parent's id (or the value of
    the parent's attribute ``by``), or a list of them; one inside a block is named with a dot
    (``subnet_mapping.allocation_id``). ``inline`` names the attributes and blocks of
    the parent that show this object too: when a state manages the object on its own, those are not
    compared on the parent; when the parent records them itself, the object is not also unmanaged.
    ``when`` limits the reference to objects with that attribute value. With ``part=False`` the
    object stands on its own (a NAT gateway that uses an address): the parent's attributes are its
    doing, yet it is never hidden. With ``within`` it cannot be without its parent (a node pool of a cluster): where
    nobody manages the parent, the parent's row stands for both, although none of its attributes shows the object. With
    ``among`` the ``inline`` lists of the parent show it beside others that are
    the parent's own (the data sources that a knowledge base is made with): what holds the value of this attribute of
    an object that a state manages is taken out of both sides, and what else the lists hold counts.
    """

    type: str
    attribute: str
    by: str = "id"
    inline: tuple[str, ...] = ()
    when: tuple[str, Any] | None = None
    part: bool = True
    within: bool = False
    among: str | None = None


class Companion(msgspec.Struct, frozen=True, kw_only=True):
    """A resource type, not in the catalog itself, that manages a part of another type on its own.

    When a state has an instance of ``type`` whose ``attribute`` is this object's ``by``, the ``inline`` attributes are
    not compared here. (Types of the catalog say this themselves, by ``ParentRef``.) With ``whole`` such an instance
    stands for the object itself (``aws_default_vpc``), and for the children that ``inline`` shows: they are not
    unmanaged, whatever the gap of that type costs. ``adds`` names attributes here that list several
    such things, each with the attribute there that holds the one: that one is taken out of both sides, and what else
    the list holds counts.
    """

    type: str
    attribute: str
    inline: tuple[str, ...] = ()
    by: str = "id"
    whole: bool = False
    adds: Mapping[str, str] = {}


class Assembled(msgspec.Struct, frozen=True, kw_only=True):
    """What an instance looks like now, put together from several remote objects (by their ids).

    ``unread`` names the attributes that no object tells because a call failed.
    """

    attributes: dict[str, Any]
    parts: tuple[str, ...]
    unread: tuple[str, ...] = ()


Assemble = Callable[[Mapping[str, Any], Sequence[RemoteObject]], Assembled | None]
"""From recorded attributes and all objects of the part types: what is left of it, or ``None`` if nothing is."""


class ResourceType(msgspec.Struct, frozen=True, kw_only=True):
    """One resource type of one provider.

    ``list`` gives the items; ``expand`` turns each item into several (a path into it, or a call
    per item such as listeners per load balancer), the item then being ``Parent``. ``details`` are
    calls per object (deep mode), ``joins`` bulk sources. ``exists`` is a path that must find
    something true for the object to exist (a bucket's policy). ``id`` is the id as the newest
    provider records it; ``keys`` are further attribute tuples that identify an instance, in their
    normal form (ids and ARNs are always tried). ``region`` is a path to where a globally listed
    object lives. ``unreadable`` gives for each configurable attribute that no API tells the reason
    in words. ``refused`` gives for an attribute the path to the error that the answer holds in its
    place (a key that the reader may not use): such an attribute is unread, a gap, and never looks
    like one that is not set. ``links`` are read like attributes that the schema lacks, for
    ``parents`` to name: the instance that a volume is attached to.

    ``lookup`` takes the place of ``list`` for objects that are data rather than infrastructure, of which a cloud may
    hold millions (the files in a bucket): it is asked for each managed instance, with the attributes that the state
    records as the item, and an ``absent`` code says that there is no such object. The item of the entry is then the
    answer, with those attributes as ``Recorded``. Objects that no state knows are not looked for.

    ``companions`` are types without an entry that manage parts of this one. ``also_in`` names a
    recorded block and its attribute that holds a region: there the instance manages an object of
    the same id too (the replicas of a table), which is then not unmanaged.

    ``assemble`` replaces listing for a type whose instances are made of objects of the ``parts``
    types: it gets those that belong to a parent of the instance, and a parent itself where its type
    is among the ``parts``. ``fingerprint`` is a path to a token of the list answer that changes
    with the object.
    """

    name: str
    id: str | Template = "@"
    list: Call | None = None
    lookup: Call | None = None
    expand: str | Call | None = None
    details: Mapping[str, Call] = {}
    joins: Mapping[str, Join] = {}
    exists: str | None = None
    attributes: Mapping[str, AttributeLike] = {}
    unreadable: Mapping[str, str] = {}
    refused: Mapping[str, str] = {}
    links: Mapping[str, AttributeLike] = {}
    keys: tuple[tuple[str, ...], ...] = ()
    parents: tuple[ParentRef, ...] = ()
    companions: tuple[Companion, ...] = ()
    parts: tuple[str, ...] = ()
    assemble: Assemble | None = None
    criticality: Criticality = LOW
    reach: Reach = REGIONAL
    region: str | None = None
    is_default: str | None = None
    owner: AttributeLike | None = None
    fingerprint: str | None = None
    also_in: tuple[str, str] | None = None
    aliases: tuple[str, ...] = ()
    import_id: str | None = None

    @property
    def source(self) -> Call | None:
        """The call that gives the items; none where instances are put together from others."""
        return self.list or self.lookup


class NoEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A resource type that has no entry, and why in words: what it makes is no object that can be read."""

    name: str
    reason: str


def as_attribute(value: AttributeLike) -> Attribute:
    """Spell out the short forms: a bare path or template is an attribute read as it is found."""
    return value if isinstance(value, Attribute) else Attribute(value)


def pascal_names(*names: str) -> dict[str, AttributeLike]:
    """Attributes whose API member is the same words in PascalCase: ``vpc_id`` from ``VpcId``."""
    return {name: _pascal(name) for name in names}


def camel_names(*names: str) -> dict[str, AttributeLike]:
    """Attributes whose API member is the same words in camelCase: ``image_tag`` from ``imageTag``."""
    return {name: _pascal(name)[:1].lower() + _pascal(name)[1:] for name in names}


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
