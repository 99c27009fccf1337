"""DriftMgr: every way the cloud differs from its Terraform or OpenTofu state."""
