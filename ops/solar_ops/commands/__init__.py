"""The commands, one module each or two that belong together."""
