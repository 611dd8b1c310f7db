"""Count flows with nfstream, statistics and application labels on, as it comes."""

import sys

from nfstream import NFStreamer  # type: ignore[import-not-found]

print(sum(1 for _ in NFStreamer(source=sys.argv[1])))
