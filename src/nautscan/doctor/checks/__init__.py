"""The checks, one module a family. Each has `check(context)`, which gives its checks in order."""
