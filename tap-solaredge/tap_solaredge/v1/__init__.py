"""The Monitoring API v1: switched off for most, whole for those who still have it."""
