"""Uploaded captures: each a source of its own beside the live traffic."""

from nautscan.service.uploads.reading import Readers
from nautscan.service.uploads.shelf import Uploads

__all__ = ["Readers", "Uploads"]
