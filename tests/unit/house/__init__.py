"""Tests that guard what prose cannot: order in the repository, fresh references, true documents."""
