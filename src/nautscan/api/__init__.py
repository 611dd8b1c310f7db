"""The HTTP door: REST, WebSocket, metrics and the page, thin over `nautscan.service`."""
