"""What the HCL asks for: blocks and their file:line, providers, backends, ``ignore_changes``, Terragrunt units."""

from driftmgr.intent.backend import backend_settings, configured_backend
from driftmgr.intent.configuration import Configuration, read_configuration
from driftmgr.intent.errors import IntentError, Problem
from driftmgr.intent.module import ProviderConfiguration
from driftmgr.intent.roots import root_modules
from driftmgr.intent.terragrunt import Unit, units

__all__ = [
    "Configuration",
    "IntentError",
    "Problem",
    "ProviderConfiguration",
    "Unit",
    "backend_settings",
    "configured_backend",
    "read_configuration",
    "root_modules",
    "units",
]
