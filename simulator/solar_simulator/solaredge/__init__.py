"""The SolarEdge Monitoring API, v2 and v1 (docs/vendors/solaredge.md)."""
