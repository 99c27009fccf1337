"""What a team thinks of findings: how much they matter, and which of them it does not want to see. Pure."""

from driftmgr.policy.ignore import IgnoreRule, rules_of
from driftmgr.policy.ignore_file import IgnoreFile
from driftmgr.policy.judge import Importance, Observed, Policy, judge

__all__ = ["IgnoreFile", "IgnoreRule", "Importance", "Observed", "Policy", "judge", "rules_of"]
