"""SolarEdge Monitoring API v2 (docs/vendors/solaredge.md, v2)."""
