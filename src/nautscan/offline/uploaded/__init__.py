"""Uploaded captures, read in a process of their own.

The file is hostile. The process that reads it has no rights, no network, and can neither write a
file nor signal anybody: all that it can do is to send rows to the server, which gave it the pipe.
"""
