"""DigitalOcean: one module per part of the API, one constant per resource type; found by walking the package."""
