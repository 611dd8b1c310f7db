"""What a person wants hidden is not in rows that are loaded from then on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nautscan import schema
from nautscan.store.filter import EVERYTHING
from nautscan.store.fresh import FreshRows
from nautscan.store.hiding import HIDDEN, Rules
from tests.unit.support import ipc, rows


def loaded(rules: Rules, source: str = "range(1) t(n)", **values: str) -> list[dict[str, Any]]:
    """Rows as they are stored under the rules; bodies as bytes."""
    fresh = FreshRows()
    fresh.set_rules(rules)
    batch = rows("requests", source, **values)
    count = fresh.load("requests", [ipc(batch)])
    fresh.enrich("requests", 1)
    found = fresh.rows("requests")
    assert found.num_rows == count
    kinds = {column.name: column.kind for column in schema.ENGINE_COLUMNS["requests"]}
    assert {name for name in found.column_names if name in kinds} == set(kinds)
    lines, _ = fresh.json_rows("requests", EVERYTHING, count)
    assert len(lines) == count
    assert all(json.loads(line) for line in lines)
    fresh.close()
    columns = ("target", "request_headers", "request_body", "response_body", "detail")
    values_of = {name: found.column(name).to_pylist() for name in columns}
    return [{name: values_of[name][at] for name in columns} for at in range(count)]


def body(text: str, rules: Rules, media_type: str = "application/json", cut: str = "false") -> str:
    """A request's body under the rules."""
    quoted = text.replace("'", "''")
    row = loaded(
        rules,
        request_body=f"encode('{quoted}')",
        request_content_type=f"'{media_type}'",
        request_body_truncated=cut,
    )[0]
    return bytes(row["request_body"]).decode()


def test_headers_by_name_whatever_their_case() -> None:
    fields = "[{'name': 'X-Ours', 'value': 'a'}, {'name': 'Accept', 'value': 'x-ours'}]"
    row = loaded(Rules(headers=("x-OURS",)), request_headers=fields)[0]
    assert row["request_headers"] == [
        {"name": "X-Ours", "value": HIDDEN},
        {"name": "Accept", "value": "x-ours"},
    ]


def test_keys_in_queries_forms_and_json() -> None:
    rules = Rules(keys=("email", "iban"))
    row = loaded(rules, target="'/a?x=1&Email=me@b.example&email2=y#email=z'")[0]
    assert row["target"] == f"/a?x=1&Email={HIDDEN}&email2=y#email=z"
    assert body('{"email" : "a\\"b", "iban": 12.5, "x": "email"}', rules) == (
        f'{{"email" : "{HIDDEN}", "iban": "{HIDDEN}", "x": "email"}}'
    )
    assert body("email=a&name=b&iban=c", rules, "application/x-www-form-urlencoded") == (
        f"email={HIDDEN}&name=b&iban={HIDDEN}"
    )
    part = '--b\r\nContent-Disposition: form-data; name="email"\r\n\r\na@b\r\n--b--'
    assert body(part, rules, "multipart/form-data; boundary=b") == part.replace("a@b", HIDDEN)


def test_a_value_that_was_cut_is_hidden_too() -> None:
    assert body('{"email":"someb', Rules(keys=("email",)), cut="true") == (f'{{"email":"{HIDDEN}"')


def test_patterns_wherever_text_stands() -> None:
    rules = Rules(patterns=("[0-9]{6,}", "se.ret"))
    row = loaded(
        rules,
        target="'/cards/1234567/x'",
        request_headers="[{'name': 'X-A', 'value': 'a secret'}]",
        request_body="encode('to 999999')",
        detail="""'{"note": "secret", "n": "1"}'""",
    )[0]
    assert row["target"] == f"/cards/{HIDDEN}/x"
    assert row["request_headers"] == [{"name": "X-A", "value": f"a {HIDDEN}"}]
    assert bytes(row["request_body"]).decode() == f"to {HIDDEN}"
    assert json.loads(row["detail"]) == {"note": HIDDEN, "n": "1"}


def test_a_pattern_that_takes_json_apart_leaves_no_broken_detail() -> None:
    row = loaded(Rules(patterns=('"[^"]+"',)), detail="""'{"a": "b"}'""")[0]
    assert row["detail"] is None


@pytest.mark.parametrize(
    ("media_type", "kept"), [("'text/plain'", False), ("NULL", False), ("'image/png'", True)]
)
def test_what_should_be_text_and_is_none_is_hidden_whole(media_type: str, kept: bool) -> None:  # noqa: FBT001
    row = loaded(
        Rules(patterns=("x",)),
        request_body="from_hex('FFFE78')",
        request_content_type=media_type,
    )[0]
    assert bytes(row["request_body"]) == (b"\xff\xfex" if kept else HIDDEN.encode())


def test_a_text_that_was_cut_within_a_character_is_searched() -> None:
    row = loaded(
        Rules(keys=("pin",)),
        request_body=r"'pin=1&a=\xC3'::BLOB",
        request_content_type="'text/plain'",
        request_body_truncated="true",
    )[0]
    assert bytes(row["request_body"]).decode() == f"pin={HIDDEN}&a="


def test_trailers_are_header_fields_too() -> None:
    trailers = 'Digest: a\nX-Ours: "b\\c" d\nx-ours: e'
    quoted = json.dumps({"stream": "1", "response_trailers": trailers}).replace("'", "''")
    row = loaded(Rules(headers=("x-ours",)), detail=f"'{quoted}'")[0]
    hidden = f"Digest: a\nX-Ours: {HIDDEN}\nx-ours: {HIDDEN}"
    assert json.loads(row["detail"]) == {"stream": "1", "response_trailers": hidden}


@pytest.mark.parametrize("patterns", [(), ("x[0-9]",)])
def test_messages_of_grpc_are_left_out_with_bodies(patterns: tuple[str, ...]) -> None:
    detail = {"stream": "1", "request_protobuf": '1: "s3cret"', "service": "x1.Orders"}
    quoted = json.dumps(detail).replace("'", "''")
    row = loaded(Rules(bodies=True, patterns=patterns), detail=f"'{quoted}'")[0]
    service = f"{HIDDEN}.Orders" if patterns else "x1.Orders"
    assert json.loads(row["detail"]) == {"stream": "1", "service": service}


def test_keys_reach_the_fields_of_decoded_messages() -> None:
    lines = [
        {"name": "a", "cardNumber": "4111", "codes": [1, 2], "more": {"CARD_number": 7}},
        {"cardNumber": "42", "before": {"codes": ["x]", "y"], "kept": [3]}},
    ]
    text = "\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
    detail = {
        "stream": "1",
        "request_protobuf": '1: "4111"',
        "response_protobuf": text + '{"card_number":"cut o',
        "response_message_type": "lab.Order",
    }
    quoted = json.dumps(detail).replace("'", "''")
    bodies = {"request_body": "encode('raw')", "response_body": "encode('raw')"}
    row = loaded(Rules(keys=("card_number", "codes")), detail=f"'{quoted}'", **bodies)[0]
    found = json.loads(row["detail"])
    assert found["stream"] == "1"
    assert found["request_protobuf"] == '1: "4111"', "fields have no names there"
    first, second = found["response_protobuf"].split("\n")
    assert json.loads(first) == {
        "name": "a", "cardNumber": HIDDEN, "codes": HIDDEN, "more": {"CARD_number": HIDDEN},
    }  # fmt: skip
    cut = f'{{"card_number":"{HIDDEN}"'
    assert second.endswith(cut)
    assert json.loads(second.removesuffix(cut)) == {
        "cardNumber": HIDDEN, "before": {"codes": HIDDEN, "kept": [3]},
    }  # fmt: skip
    assert bytes(row["request_body"]) == b"raw"
    assert bytes(row["response_body"]).decode() == HIDDEN, "it holds what the text hides"


NESTED = {"a": [{"b": '}]"{'}, [1, None]], "c": {"d": {}}}
"""What has brackets of all kinds, in texts too."""


def test_keys_hide_what_is_nested_under_them() -> None:
    rules = Rules(keys=("pin",))
    for layout, indent in (((",", ":"), None), ((" , ", " : "), 2)):
        value = {"pin": NESTED, "x": [{"PIN": [[]], "y": {"z": 1}}]}
        found = json.loads(body(json.dumps(value, indent=indent, separators=layout), rules))
        assert found == {"pin": HIDDEN, "x": [{"PIN": HIDDEN, "y": {"z": 1}}]}
    assert body('{"pin":{"a":[{"b":"s3', rules, cut="true") == f'{{"pin":"{HIDDEN}"'
    deep = '{"pin":' + "[" * 40 + '"s3cret"' + "]" * 40 + ',"more":1}'
    assert "s3cret" not in body(deep, rules), "deeper than is told apart"
    assert "s3cret" not in body('{"pin":{\\ "s3cret"}}', rules), "not JSON after all"
    messages = {
        "response_protobuf": '{"pin":{"a":[{"b":"s3"}]},"c":1}\n'
        '{"pin":[{"a":"s3"},{}],"c":{"d":2}}',
        "response_message_type": "lab.Order",
    }
    row = loaded(rules, detail=f"'{json.dumps(messages)}'")[0]
    shown = json.loads(row["detail"])["response_protobuf"].split("\n")
    assert [json.loads(line) for line in shown] == [
        {"pin": HIDDEN, "c": 1}, {"pin": HIDDEN, "c": {"d": 2}},
    ]  # fmt: skip


def test_keys_reach_what_websockets_and_events_say() -> None:
    """As the engine shows them: backslashes twice, ends of lines and quotes of octets escaped."""

    def shown(text: str, *, octets: bool = False) -> str:
        text = text.replace("\\", "\\\\").replace("\n", "\\n")
        return text.replace('"', '\\"') if octets else text

    said = json.dumps({"pin": 'a\\"b', "x": 1}), json.dumps({"Pin": NESTED, "x": 2}, indent=1)
    lines = [f"+0.1 client text 9: {shown(text)}" for text in said]
    lines += [f"+0.2 server binary 9: {shown(text, octets=True)}" for text in said]
    lines += ['+0.3 server text 900: {"x": 3, "pin": "s3cr…', '+0.4 server text 2: "pin"']
    detail = {"latest_messages": "\n".join(lines), "request_messages": "2", "close_reason": "x"}
    quoted = json.dumps(detail).replace("'", "''")
    row = loaded(Rules(keys=("pin",)), detail=f"'{quoted}'")[0]
    found = json.loads(row["detail"])
    assert (found["request_messages"], found["close_reason"]) == ("2", "x")
    texts = [line.split(": ", 1)[1] for line in found["latest_messages"].split("\n")]
    plain = [text.replace('\\"', '"') for text in texts[:4]]
    wanted = [{"pin": HIDDEN, "x": 1}, {"Pin": HIDDEN, "x": 2}]
    assert [json.loads(text.replace("\\n", "\n")) for text in plain] == wanted * 2
    assert texts[4:] == [f'{{"x": 3, "pin": "{HIDDEN}"', '"pin"']
    event = {"events": "1", "latest_events": '+0.1 tick 20: {"pin":\\n {"a": "s3"},\\n "x": 4}'}
    quoted = json.dumps(event).replace("'", "''")
    row = loaded(Rules(keys=("pin",)), detail=f"'{quoted}'")[0]
    assert json.loads(row["detail"])["latest_events"] == (
        f'+0.1 tick 20: {{"pin":\\n "{HIDDEN}",\\n "x": 4}}'
    )


@pytest.mark.parametrize("name", ["latest_messages", "latest_events", "stderr"])
def test_messages_of_what_lasts_are_left_out_with_bodies(name: str) -> None:
    detail = {"events": "1", name: "+0.000001 client text 6: s3cret"}
    quoted = json.dumps(detail).replace("'", "''")
    row = loaded(Rules(bodies=True), detail=f"'{quoted}'")[0]
    assert json.loads(row["detail"]) == {"events": "1"}


def test_bodies_can_be_left_out() -> None:
    row = loaded(Rules(bodies=True), request_body="encode('a')", response_body="encode('b')")[0]
    assert (row["request_body"], row["response_body"]) == (None, None)


def test_rows_stay_in_their_order_and_without_rules_as_they_came() -> None:
    target = "'/' || n || '?pin=' || n"
    found = loaded(Rules(keys=("pin",)), "range(5000) t(n)", flow_id="n", target=target)
    assert [row["target"] for row in found] == [f"/{n}?pin={HIDDEN}" for n in range(5000)]
    assert loaded(Rules(), target="'/?pin=1'")[0]["target"] == "/?pin=1"
