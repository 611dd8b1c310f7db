"""Live rows."""


class Subscription:
    """One viewer."""
