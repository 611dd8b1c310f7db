"""What is generated from the code is fresh, and what people set or type is documented."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
from types import ModuleType

import pytest

from nautscan.config import SETTINGS, Config
from tests.unit.house.repository import ROOT, text_of, tracked_files


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFERENCE = _generator()


@pytest.mark.parametrize("page", REFERENCE.PAGES)
def test_reference_is_fresh(page: str) -> None:
    """Stale: run `make docs` and commit."""
    assert (REFERENCE.REFERENCE / page).read_text() == REFERENCE.PAGES[page]()


def test_every_setting_is_described() -> None:
    """A setting has a variable, a meaning that says something, and stands in the reference."""
    assert [s.name for s in SETTINGS] == [field.name for field in dataclasses.fields(Config)]
    assert [s.env for s in SETTINGS if len(s.doc.split()) < 3] == []
    assert len({s.env for s in SETTINGS}) == len(SETTINGS)


def test_no_variable_is_read_behind_the_settings() -> None:
    """Every NAUTSCAN_ variable that the program names is a setting."""
    known = {s.env for s in SETTINGS}
    named = {
        match
        for path in tracked_files()
        if path.is_relative_to(ROOT / "src")
        for match in re.findall(r"\bNAUTSCAN_[A-Z_]+\b", text_of(path) or "")
    }
    assert named <= known


def test_every_oddity_of_every_protocol_is_explained() -> None:
    """In the registry with words, and with the same ones on the page: `npm run gen` in web/."""
    from nautscan import _engine

    page = (ROOT / "web" / "src" / "gen" / "oddities.ts").read_text()
    told = {
        match[1]: json.loads(match[2])
        for match in re.finditer(r'^  "([\w.-]+)": (".*"),$', page, re.MULTILINE)
    }
    for protocol in _engine.protocols():
        for code, meaning in protocol["oddities"]:
            assert len(meaning.split()) >= 3, f"{protocol['name']}: {code} says too little"
            shown = told.get(f"{protocol['name']}.{code}", told.get(code))
            assert shown == meaning, f"{protocol['name']}: {code} is not explained on the page"
