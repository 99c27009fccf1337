"""AWS: one module per service, one constant per resource type; found by walking the package."""
