"""Reproducible measurements: NautScan beside its peers, on the same traffic, on one machine."""
