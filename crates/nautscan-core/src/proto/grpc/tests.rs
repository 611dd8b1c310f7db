//! Messages against schemas that are compiled here from their source.

use std::sync::{Arc, LazyLock};

use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

use super::frame::Framed;
use super::schema::{SchemaError, Schemas};
use super::show::{Shown, shown};
use crate::limits::*;
use crate::proto::http1::Codings;

const SHOP: &str = r#"
    syntax = "proto3";
    package shop;
    import "google/protobuf/any.proto";
    import "google/protobuf/duration.proto";
    import "google/protobuf/field_mask.proto";
    import "google/protobuf/struct.proto";
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";
    enum State { UNKNOWN = 0; PAID = 1; }
    message Item { string name = 1; int32 count = 2; }
    message Order {
        int64 order_id = 1;
        State state = 2;
        repeated Item items = 3;
        map<string, int32> labels = 4;
        bytes raw = 5;
        repeated sint32 deltas = 6;
        double price = 7;
        optional bool paid = 8;
        google.protobuf.Timestamp made = 9;
        google.protobuf.Duration took = 10;
        google.protobuf.Any extra = 11;
        google.protobuf.Struct free = 12;
        google.protobuf.StringValue note = 13;
        google.protobuf.FieldMask mask = 14;
        Order before = 15;
        float ratio = 16;
        map<int32, Item> places = 17;
        uint64 big = 18;
    }
    message Login { string user = 1; string pass_word = 2; map<string, string> more = 3; }
    message Wrapped { Login login = 1; }
    service Orders {
        rpc Find(Item) returns (Order);
        rpc Enter(Wrapped) returns (Item);
    }
"#;

struct One(&'static str, &'static str);

impl FileResolver for One {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name == self.0 {
            true => File::from_source(name, self.1),
            false => Err(protox::Error::file_not_found(name)),
        }
    }
}

fn compiled(name: &'static str, source: &'static str) -> Vec<u8> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(One(name, source));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).open_file(name).expect("a schema");
    compiler.encode_file_descriptor_set()
}

static SCHEMAS: LazyLock<Arc<Schemas>> = LazyLock::new(|| {
    let mut schemas = Schemas::default();
    schemas.add(&compiled("shop.proto", SHOP), "shop.desc").expect("a set");
    Arc::new(schemas)
});

/// Those of the shop.
pub(in crate::proto) fn shop() -> Arc<Schemas> {
    Arc::clone(&SCHEMAS)
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&[0][..], &(message.len() as u32).to_be_bytes(), message].concat()
}

fn show(path: &str, is_request: bool, message: &[u8], hides: bool) -> Shown {
    let method = SCHEMAS.method(path.as_bytes()).expect("a method");
    let kind = if is_request { &method.input } else { &method.output };
    shown(&framed(message), &Codings::default(), Some(kind), hides)
}

fn order(message: &[u8]) -> String {
    let shown = show("/shop.Orders/Find", false, message, false);
    assert_eq!((shown.named, shown.mismatched), (1, 0), "{:?}", shown.text);
    shown.text.expect("it")
}

/// Field `number` with a length.
fn within(number: u8, value: &[u8]) -> Vec<u8> {
    let tag = u16::from(number) << 3 | 2;
    let mut out = match tag {
        ..128 => vec![tag as u8],
        _ => vec![tag as u8 | 0x80, (tag >> 7) as u8],
    };
    let mut len = value.len();
    while len >= 128 {
        out.push(len as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
    out.extend_from_slice(value);
    out
}

#[test]
fn values_are_mapped_to_json() {
    assert_eq!(order(b"\x08\x96\x01\x10\x01"), r#"{"orderId":"150","state":"PAID"}"#);
    assert_eq!(order(b"\x10\x07"), r#"{"state":7}"#, "a value without a name");
    assert_eq!(order(b"\x40\x00"), r#"{"paid":false}"#, "a default that was said");
    let item = b"\x0a\x03a\"\n\x10\x02";
    let items = [within(3, item), within(3, b"")].concat();
    assert_eq!(order(&items), r#"{"items":[{"name":"a\"\n","count":2},{}]}"#);
    let labels = [within(4, b"\x0a\x01z\x10\x01"), within(4, b"\x0a\x01a\x10\x02")].concat();
    assert_eq!(order(&labels), r#"{"labels":{"a":2,"z":1}}"#, "in order");
    assert_eq!(order(&within(17, b"\x08\x07\x12\x02\x10\x05")), r#"{"places":{"7":{"count":5}}}"#);
    assert_eq!(order(&within(5, b"\xff\xfe")), r#"{"raw":"//4="}"#);
    assert_eq!(order(&within(6, b"\x01\x02")), r#"{"deltas":[-1,1]}"#, "packed");
    assert_eq!(order(b"\x30\x01\x30\x02"), r#"{"deltas":[-1,1]}"#, "or not");
    let price = [&[0x39][..], &1.5f64.to_le_bytes()].concat();
    assert_eq!(order(&price), r#"{"price":1.5}"#);
    let infinite = [&[0x85, 1][..], &f32::NEG_INFINITY.to_le_bytes()].concat();
    assert_eq!(order(&infinite), r#"{"ratio":"-Infinity"}"#);
    let big = [&[0x90, 1][..], &[0xff; 9], &[1]].concat();
    assert_eq!(order(&big), r#"{"big":"18446744073709551615"}"#);
    assert_eq!(order(b""), "{}");
}

#[test]
fn well_known_types_have_their_forms() {
    let made = within(9, b"\x08\x80\xa3\x05\x10\xc0\x84\x3d");
    assert_eq!(order(&made), r#"{"made":"1970-01-02T00:00:00.001Z"}"#);
    let beyond = within(9, b"\x08\xff\xff\xff\xff\xff\xff\x7f");
    assert_eq!(order(&beyond), r#"{"made":{"seconds":"562949953421311"}}"#);
    assert_eq!(order(&within(10, b"\x08\x03\x10\x80\xca\xb5\xee\x01")), r#"{"took":"3.500s"}"#);
    assert_eq!(order(&within(13, b"")), r#"{"note":""}"#);
    assert_eq!(order(&within(14, b"\x0a\x05a_b.c\x0a\x01d")), r#"{"mask":"aB.c,d"}"#);
    let url = within(1, b"type.googleapis.com/shop.Item");
    let any = [&url[..], &within(2, b"\x10\x02")].concat();
    let want = r#"{"extra":{"@type":"type.googleapis.com/shop.Item","count":2}}"#;
    assert_eq!(order(&within(11, &any)), want);
    let unknown = [within(1, b"x/no.Such"), within(2, b"\xff")].concat();
    assert_eq!(order(&within(11, &unknown)), r#"{"extra":{"@type":"x/no.Such","value":"/w=="}}"#);
    let null = [&within(1, b"n")[..], &within(2, b"\x08\x00")].concat();
    let list = within(6, &within(1, &within(3, b"s")));
    let listed = [&within(1, b"l")[..], &within(2, &list)].concat();
    let free = [within(1, &null), within(1, &listed)].concat();
    assert_eq!(order(&within(12, &free)), r#"{"free":{"l":["s"],"n":null}}"#);
}

#[test]
fn unknown_fields_are_kept_and_said_to_be() {
    let message = b"\x08\x01\xa0\x06\x05\xaa\x06\x01a";
    assert_eq!(order(message), r#"{"orderId":"1","unknown fields":"100: 5 101: \"a\""}"#);
}

#[test]
fn what_does_not_fit_is_shown_without_names() {
    let misfits: [&[u8]; 6] = [
        b"\x0a\x01a",                // a text where a number should be
        b"\x20\x01",                 // a number where a map should be
        b"\x1a\x02\x08\x01",         // a number where a text should be, in a message
        b"\x2a\x09a",                // longer than there is
        b"\x1a\x04\x0a\x02\xff\xfe", // no UTF-8
        b"\x00",                     // no field
    ];
    for message in misfits {
        let shown = show("/shop.Orders/Find", false, message, false);
        assert_eq!((shown.named, shown.mismatched), (0, 1), "{message:x?}");
        assert!(shown.text.is_some_and(|text| !text.starts_with('{')), "{message:x?}");
    }
    let method = SCHEMAS.method(b"/shop.Orders/Find").expect("a method");
    let content = [framed(b"\x08\x01"), framed(b"\x00")].concat();
    let both = shown(&content, &Codings::default(), Some(&method.output), false);
    assert_eq!((both.named, both.mismatched), (1, 1));
    assert_eq!(both.text.as_deref(), Some("{\"orderId\":\"1\"}\n\"\\x00\""));
}

#[test]
fn methods_are_found_by_their_paths() {
    for path in ["/shop.Orders/Find", "/api/v1/shop.Orders/Find", "/shop.Orders/Find?x"] {
        assert!(SCHEMAS.method(path.as_bytes()).is_some(), "{path}");
    }
    for path in ["/shop.Orders/Lose", "/Orders/Find", "shop.Orders/Find", "", "/", "*"] {
        assert!(SCHEMAS.method(path.as_bytes()).is_none(), "{path}");
    }
    assert_eq!((SCHEMAS.methods(), SCHEMAS.services()), (2, vec!["shop.Orders".to_owned()]));
}

#[test]
fn credentials_are_hidden_by_their_names() {
    let login = [within(1, b"ann"), within(2, b"s3cret"), within(3, b"\x0a\x05Token\x12\x01t")];
    let message = within(1, &login.concat());
    let path = "/shop.Orders/Enter";
    let open = show(path, true, &message, false).text.expect("it");
    assert!(open.contains("s3cret"), "{open}");
    let hidden = show(path, true, &message, true).text.expect("it");
    let want = r#"{"login":{"user":"ann","passWord":"[redacted]","more":{"Token":"[redacted]"}}}"#;
    assert_eq!(hidden, want);
    let method = SCHEMAS.method(path.as_bytes()).expect("a method");
    assert!(method.input.may_hold_secrets && !method.output.may_hold_secrets);
}

/// Reaches `PROTOBUF_NAMED`, `PROTOBUF_VALUES`, `PROTOBUF_NESTED`, `PROTOBUF_MESSAGE`: what is beyond is
/// cut, or shown without names, and is no mismatch.
#[test]
fn messages_are_decoded_up_to_the_caps() {
    let named = order(&within(5, &vec![0; PROTOBUF_NAMED]));
    assert!(named.len() < PROTOBUF_NAMED + 8 && named.ends_with(" …"));
    let many = within(6, &vec![1; PROTOBUF_VALUES + 1]);
    let large = within(5, &vec![0; PROTOBUF_MESSAGE]);
    let mut deep = Vec::new();
    for _ in 0..PROTOBUF_NESTED {
        deep = within(15, &deep);
    }
    let group = b"\xa3\x06".repeat(PROTOBUF_NESTED + 1);
    for message in [many, large, deep, group] {
        let shown = show("/shop.Orders/Find", false, &message, false);
        assert_eq!((shown.named, shown.mismatched), (0, 0));
        assert!(shown.text.is_some());
    }
    // Messages in an `Any` are decoded anew, each with the decoder's whole depth.
    let mut any = Vec::new();
    for _ in 0..PROTOBUF_NESTED + 4 {
        let url = within(1, b"x/google.protobuf.Any");
        any = [&url[..], &within(2, &any)].concat();
    }
    let text = order(&within(11, &any));
    assert!(text.contains('…'), "{text}");
    assert!(text.matches("@type").count() <= PROTOBUF_NESTED);
}

/// Reaches `SCHEMA_BYTES`, `SCHEMA_TYPES`.
#[test]
fn schemas_are_taken_up_to_the_caps() {
    let too_large = |set: &[u8]| {
        let error = Schemas::default().add(set, "a").expect_err("too large");
        assert!(matches!(error, SchemaError::Large(_)), "{error}");
    };
    too_large(&vec![0; SCHEMA_BYTES + 1]);
    let types: Vec<u8> = (0..=SCHEMA_TYPES)
        .flat_map(|number| within(4, &within(1, format!("M{number}").as_bytes())))
        .collect();
    too_large(&within(1, &[&within(1, b"a.proto")[..], &types].concat()));
}

#[test]
fn sets_that_cannot_be_used_are_refused() {
    let set = compiled("shop.proto", SHOP);
    let mut schemas = Schemas::default();
    schemas.add(&set, "one.desc").expect("a set");
    schemas.add(&set, "two.desc").expect("the same once more");
    let other = compiled("shop.proto", "syntax = \"proto3\"; package shop; message Other {}");
    let error = schemas.add(&other, "three.desc").expect_err("another shop.proto");
    assert_eq!(error.to_string(), "it describes shop.proto otherwise than one.desc does");
    let twice = compiled("b.proto", "syntax = \"proto3\"; package shop; message Item {}");
    let error = schemas.add(&twice, "four.desc").expect_err("a second shop.Item");
    assert!(error.to_string().contains("shop.Item"), "{error}");
    let refused = |set: &[u8]| Schemas::default().add(set, "a").expect_err("no set");
    assert_eq!(refused(b"\xff"), SchemaError::NotASet);
    assert_eq!(refused(b"syntax = \"proto3\";"), SchemaError::NotASet);
    assert_eq!(refused(b""), SchemaError::Empty);
}

/// Sets and messages with octets changed and cut anywhere: nothing panics.
#[test]
fn hostile_bytes_do_no_harm() {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let set = compiled(
        "shop.proto",
        "syntax = \"proto3\"; package s; enum E { A = 0; } \
        message M { map<string, M> m = 1; repeated E e = 2; oneof o { M n = 3; bytes b = 4; } } \
        service S { rpc R(M) returns (stream M); }",
    );
    let message = [
        within(1, &[within(1, b"k"), within(2, &within(2, b"\0\x01"))].concat()),
        within(3, &within(4, b"x")),
        b"\x23\x08\x01\x24".to_vec(),
    ]
    .concat();
    for round in 0..4000 {
        let mut set = set.clone();
        let mut message = message.clone();
        for _ in 0..random(4) {
            let at = random(set.len());
            set[at] = random(256) as u8;
        }
        set.truncate(set.len() - if round % 4 == 0 { random(set.len()) } else { 0 });
        for _ in 0..random(6) {
            let at = random(message.len());
            message[at] = random(256) as u8;
        }
        let mut schemas = Schemas::default();
        if schemas.add(&set, "a").is_err() {
            continue;
        }
        let content = framed(&message);
        for service in schemas.services() {
            let path = format!("/{service}/R");
            let Some(method) = schemas.method(path.as_bytes()) else { continue };
            let shown = shown(&content, &Codings::default(), Some(&method.input), round % 2 == 0);
            assert!(shown.text.is_some_and(|text| text.len() < PROTOBUF_NAMED + 8));
        }
    }
    assert_eq!(Framed(&framed(&message)).count(), 1);
}
