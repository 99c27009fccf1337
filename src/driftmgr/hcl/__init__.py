"""HCL as a format, in its native and its JSON syntax: blocks, arguments, and values as far as they are written down.

What the blocks mean is known elsewhere (``driftmgr.intent``); lock files and CLI configurations are read here too.
"""

from driftmgr.hcl.document import parse_json
from driftmgr.hcl.syntax import Block, Body, Expression, HclError, parse_hcl
from driftmgr.hcl.values import LITERALS, Context, Key, Steps, Unresolved, bounded, descend, unresolved_in

__all__ = [
    "LITERALS",
    "Block",
    "Body",
    "Context",
    "Expression",
    "HclError",
    "Key",
    "Steps",
    "Unresolved",
    "bounded",
    "descend",
    "parse_hcl",
    "parse_json",
    "unresolved_in",
]
