"""Generated packets of a small shop, for looking at NautScan without any network.

The traffic is made up and says so; the way from its packets to the screen is the real one.
Everything follows from a seed: the same seed gives the same bytes. A ledger tells what was
generated, so that the engine's account can be held against it.
"""

from __future__ import annotations
