"""What exists: the resource types we know, by cloud and service."""

from driftmgr.catalog.registry import Catalog, catalog_of

__all__ = ["Catalog", "catalog_of"]
