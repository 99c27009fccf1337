"""What DriftMgr tells about itself: logs, metrics, traces and an audit trail. Knows nothing of the domain."""
