"""What taps on quota-bound energy clouds share: windows, clock, session, day ledger."""
