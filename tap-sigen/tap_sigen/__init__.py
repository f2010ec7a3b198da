"""Singer tap for the Sigenergy (Sigen) cloud OpenAPI."""
