"""The privileged half of NautScan, and the client by which the server talks to it.

`process` is the sensor itself: it alone opens network interfaces. `client` is what the server
uses. `supervisor` starts both and keeps them alive. Only `capture` imports the engine.
"""
