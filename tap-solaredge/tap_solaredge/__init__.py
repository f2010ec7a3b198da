"""Singer tap for the SolarEdge Monitoring API, v2 first."""
