"""Captures of gRPC with the schema that Wireshark's help gives for them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import nautscan
from nautscan import _engine
from nautscan.cli.main import run
from nautscan.offline.uploaded.job import Job
from nautscan.offline.uploaded.job import run as uploaded
from tests.golden.captures import DIRECTORY
from tests.golden.observed import rows

SCHEMA = Path(__file__).parents[1] / "data" / "person_search.proto"
IMAGE = "wireshark/grpc_person_search_protobuf_with_image.pcapng"
PLAIN = "wireshark-wiki/grpc_person_search.pcapng"


def _messages(row: dict[str, Any], side: str) -> list[Any]:
    return [json.loads(line) for line in json.loads(row["detail"])[f"{side}_protobuf"].split("\n")]


@pytest.mark.shared
@pytest.mark.parametrize("capture", [IMAGE, PLAIN])
def test_persons_are_found_by_name(capture: str) -> None:
    path = DIRECTORY / capture
    if not path.is_file():
        pytest.skip("needs the shared captures folder")
    [row] = rows(nautscan.read(path, protobuf=[SCHEMA]).requests)
    assert _messages(row, "request") == [{"name": ["Jason", "Lily"]}]
    jason, lily = _messages(row, "response")
    assert (jason["name"], jason["id"], jason["email"]) == ("Jason", 1001, "Jason@example.com")
    assert jason["phone"] == [{"number": "87561234", "type": "HOME"}, {"number": "13588886666"}]
    assert lily["phone"][1] == {"number": "18822228888", "type": "WORK"}
    detail = json.loads(row["detail"])
    assert detail["response_message_type"] == "tutorial.Person"
    [bare] = rows(nautscan.read(path, protobuf=[SCHEMA], bodies=0).requests)
    assert "protobuf" not in bare["detail"], "nothing is to be kept of it"
    assert row["oddities"] == []
    if capture == IMAGE:
        assert jason["lastUpdated"] == "2020-10-13T15:11:26Z"
        assert lily["portraitImage"].startswith("iVBORw0KGgo"), "a PNG"
    else:
        # It has milliseconds where seconds belong: no time that can be written.
        assert jason["lastUpdated"] == {"seconds": "1601734379606"}


@pytest.mark.shared
@pytest.mark.parametrize("way", ["option", "environment"])
def test_the_command_line_takes_schemas(
    way: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = DIRECTORY / PLAIN
    if not path.is_file():
        pytest.skip("needs the shared captures folder")
    folder = tmp_path / "comma, and space"
    folder.mkdir()
    shutil.copy(SCHEMA, folder)
    given = ["--protobuf", str(folder)] if way == "option" else []
    if not given:
        monkeypatch.setenv("NAUTSCAN_PROTOBUF", str(SCHEMA))
    assert run(["read", str(path), *given, "--table", "requests", "--json"]) == 0
    row = json.loads(capfd.readouterr().out)
    assert row["detail"]["request_protobuf"] == '{"name":["Jason","Lily"]}'


@pytest.mark.shared
def test_an_uploaded_capture_is_read_with_the_schemas_of_the_server() -> None:
    path = DIRECTORY / PLAIN
    if not path.is_file():
        pytest.skip("needs the shared captures folder")
    sent: list[bytes] = []
    job = Job(str(path), body_limit=4096, protobuf=(str(SCHEMA),))
    uploaded(job, sent.append)
    assert any(b"tutorial.PersonSearchRequest" in frame for frame in sent)


@pytest.mark.shared
def test_another_schema_does_not_fit(tmp_path: Path) -> None:
    path = DIRECTORY / PLAIN
    if not path.is_file():
        pytest.skip("needs the shared captures folder")
    schema = tmp_path / "other.proto"
    schema.write_text(SCHEMA.read_text().replace("string email = 3", "int64 email = 3"))
    [row] = rows(nautscan.read(path, protobuf=[schema]).requests)
    detail = json.loads(row["detail"])
    assert _messages(row, "request") == [{"name": ["Jason", "Lily"]}]
    assert detail["response_protobuf"].startswith('1: "Jason" 2: 1001')
    assert detail["schema_mismatch"] == "response is no tutorial.Person"
    assert row["oddities"] == ["schema_mismatch"]


def test_a_broken_schema_is_said_to_be_before_anything_is_read(tmp_path: Path) -> None:
    schema = tmp_path / "broken.desc"
    schema.write_bytes(b"\xff")
    with pytest.raises(_engine.EngineError, match=r"broken\.desc cannot be used") as caught:
        _ = nautscan.read(tmp_path / "none.pcap", protobuf=[schema]).requests
    assert "--include_imports" in caught.value.remedy
