"""The Sigen cloud (docs/vendors/sigen.md)."""
