"""The Sigen and SolarEdge clouds on your own machine, with a known truth."""
