"""What exists: the resource types we know, by cloud and service."""

from driftmgr.catalog.registry import CLOUDS, Catalog, catalog_of, cloud_of, whole_catalog

__all__ = ["CLOUDS", "Catalog", "catalog_of", "cloud_of", "whole_catalog"]
