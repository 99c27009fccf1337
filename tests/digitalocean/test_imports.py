"""What the entries say of an import is what the provider's importers take."""

import pytest

from driftmgr.catalog import catalog_of

WITHOUT_IMPORTER = (
    "custom_image",
    "gradientai_agent_knowledge_base_attachment",
    "gradientai_knowledge_base_data_source",
    "nfs_attachment",
    "project_resources",
    "spaces_bucket_object",
    "spaces_key",
    "volume_attachment",
)
"""The provider's resources whose schema names no importer, of those that the catalog covers."""


@pytest.mark.parametrize("name", WITHOUT_IMPORTER)
def test_what_has_no_importer_is_told_to_have_none(name: str) -> None:
    """No import is proposed that Terraform refuses."""
    assert catalog_of("digitalocean")[f"digitalocean_{name}"].import_id == "cannot be imported"
