"""Changes behind Terraform's back, by family, and the exact rows that each of them brings into the report."""

from digitalocean.changes import agents, apps, databases, files, inference, infrastructure, kubernetes
from digitalocean.changes.words import Case

CHANGES: dict[str, Case] = {
    name: case
    for module in (agents, apps, databases, files, inference, infrastructure, kubernetes)
    for name, case in module.CHANGES.items()
}
