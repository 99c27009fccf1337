"""Plan the calls of a scan, run them, yield remote objects and gaps as they arrive."""
