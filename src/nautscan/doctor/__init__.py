"""The doctor: looks at everything that NautScan needs, and says what is missing and what to do.

Checks that concern capturing run in the sensor, those that concern naming, storing and serving in
the server; `nautscan doctor` runs all of them in its own process.
"""
