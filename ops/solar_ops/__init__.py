"""The solar command: run, look at and publish the pipeline."""
