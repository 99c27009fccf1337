"""What the entries say of an import is what the provider's importers take."""

from driftmgr.catalog.digitalocean.droplets import CUSTOM_IMAGE


def test_a_custom_image_is_told_to_have_no_importer() -> None:
    """The provider has no importer of custom images: no import block is proposed that Terraform refuses."""
    assert CUSTOM_IMAGE.import_id == "cannot be imported"
