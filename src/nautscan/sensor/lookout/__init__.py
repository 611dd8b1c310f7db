"""The lookout: a process of its own that finds out which process holds which socket.

It looks at the kernel's tables (sock_diag and /proc on Linux, psutil elsewhere) and, where it may,
hears of each TCP connection as it is made. It keeps the right to look into other users' processes
and nothing else; it opens no interface and parses no packet. The server takes what it finds
(`client`), the supervisor starts it.
"""
