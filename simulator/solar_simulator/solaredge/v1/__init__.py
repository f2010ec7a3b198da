"""SolarEdge Monitoring API v1 (docs/vendors/solaredge.md, v1)."""
