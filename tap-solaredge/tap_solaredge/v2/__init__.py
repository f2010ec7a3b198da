"""The Monitoring API v2 ("SolarEdge ONE for developers")."""
