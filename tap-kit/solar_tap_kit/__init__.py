"""What Singer taps for metered, quota-bound energy clouds share: windows, clock, session, day ledger."""
