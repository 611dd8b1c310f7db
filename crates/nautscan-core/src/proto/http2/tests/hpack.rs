//! The examples of RFC 7541 appendix C, and what a block means of which not all was seen.

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let octet = |pair: &[u8]| {
        u8::from_str_radix(core::str::from_utf8(pair).expect("ASCII"), 16).expect("hex")
    };
    digits.chunks(2).map(octet).collect()
}

fn from_start() -> Decoder {
    let mut decoder = Decoder::default();
    decoder.seen_from_start();
    decoder
}

/// `name: value` of each field, `?` where it is not known.
fn read(decoder: &mut Decoder, block: &[u8]) -> (Vec<String>, Result<(), Malformed>) {
    let mut lines = Vec::new();
    let shown = |text: Option<&[u8]>| {
        text.map_or("?".to_owned(), |text| String::from_utf8_lossy(text).into_owned())
    };
    let result = decoder.decode(block, |field| {
        lines.push(format!("{}: {}", shown(field.name), shown(field.value)));
    });
    (lines, result)
}

fn lines(decoder: &mut Decoder, hex: &str) -> Vec<String> {
    let (lines, result) = read(decoder, &bytes(hex));
    assert_eq!(result, Ok(()));
    lines
}

#[test]
fn integers_of_c_1() {
    let int = |hex: &str, prefix| integer(&mut &bytes(hex)[..], prefix);
    assert_eq!(int("0a", 5), Ok(10));
    assert_eq!(int("1f9a0a", 5), Ok(1337));
    assert_eq!(int("2a", 8), Ok(42));
    assert_eq!(int("1f9a", 5), Err(Malformed::Short));
    assert_eq!(int("1fffffffffffff7f", 5), Err(Malformed::Invalid), "no such thing");
}

#[test]
fn single_fields_of_c_2() {
    let custom = "400a637573746f6d2d6b65790d637573746f6d2d686561646572";
    assert_eq!(lines(&mut from_start(), custom), ["custom-key: custom-header"]);
    assert_eq!(lines(&mut from_start(), "040c2f73616d706c652f70617468"), [":path: /sample/path"]);
    let secret = "100870617373776f726406736563726574";
    let mut decoder = from_start();
    assert_eq!(lines(&mut decoder, secret), ["password: secret"]);
    assert!(decoder.entries.is_empty());
    assert_eq!(lines(&mut decoder, "82"), [":method: GET"]);
}

/// Two octets add a field with the name of another: however long that is, it is not copied.
#[test]
fn a_name_that_is_referred_to_is_held_once() {
    let mut decoder = from_start();
    assert_eq!(lines(&mut decoder, "4001610162 7e0163 7e00"), ["a: b", "a: c", "a: "]);
    let names: Vec<_> = decoder.entries.iter().flat_map(|entry| &entry.name).collect();
    assert!(names.len() == 3 && names.iter().all(|name| Arc::ptr_eq(name, names[0])));
}

/// C.3 and, with Huffman codes, C.4.
#[test]
fn requests_of_c_3_and_c_4() {
    let plain = [
        "828684410f7777772e6578616d706c652e636f6d",
        "828684be58086e6f2d6361636865",
        "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    ];
    let coded = [
        "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        "828684be5886a8eb10649cbf",
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    ];
    for blocks in [plain, coded] {
        let mut decoder = from_start();
        let common = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
        assert_eq!(lines(&mut decoder, blocks[0]), common);
        let second = [&common[..], &["cache-control: no-cache"]].concat();
        assert_eq!(lines(&mut decoder, blocks[1]), second);
        let third = [
            ":method: GET",
            ":scheme: https",
            ":path: /index.html",
            ":authority: www.example.com",
            "custom-key: custom-value",
        ];
        assert_eq!(lines(&mut decoder, blocks[2]), third);
        assert_eq!((decoder.entries.len(), decoder.size), (3, 164));
    }
}

/// C.5 and C.6: a table of 256 octets, so that entries are given up.
#[test]
fn responses_of_c_5_and_c_6() {
    let plain = [
        "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        "4803333037c1c0bf",
        "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
    ];
    let coded = [
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        "4883640effc1c0bf",
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
    ];
    for blocks in [plain, coded] {
        let mut decoder = from_start();
        decoder.max = 256;
        let rest = [
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:21 GMT",
            "location: https://www.example.com",
        ];
        assert_eq!(lines(&mut decoder, blocks[0]), [&[":status: 302"], &rest[..]].concat());
        assert_eq!(lines(&mut decoder, blocks[1]), [&[":status: 307"], &rest[..]].concat());
        let third = [
            ":status: 200",
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:22 GMT",
            "location: https://www.example.com",
            "content-encoding: gzip",
            "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
        ];
        assert_eq!(lines(&mut decoder, blocks[2]), third);
        assert_eq!((decoder.entries.len(), decoder.size), (3, 215));
    }
}

#[test]
fn what_was_added_before_is_unknown_and_what_came_since_is_known() {
    let mut decoder = Decoder::default();
    // The second block of C.3 and the third, without the first.
    let second = [":method: GET", ":scheme: http", ":path: /", "?: ?", "cache-control: no-cache"];
    assert_eq!(lines(&mut decoder, "828684be58086e6f2d6361636865"), second);
    assert_eq!(lines(&mut decoder, "bebf"), ["cache-control: no-cache", "?: ?"]);
    // A name that is not known, with a new value, is added as one.
    assert_eq!(lines(&mut decoder, "7f000161"), ["?: a"], "index 63");
    assert_eq!(lines(&mut decoder, "bebf"), ["?: a", "cache-control: no-cache"]);
    decoder.forget();
    assert_eq!(lines(&mut decoder, "bebf"), ["?: ?", "?: ?"]);
}

#[test]
fn what_is_no_block_says_so_and_gives_what_stands_before() {
    let cases = [
        ("8280", Malformed::NoSuchEntry),
        ("82be", Malformed::NoSuchEntry),
        ("824003", Malformed::Short),
        ("8241", Malformed::Short),
        ("824182ffff", Malformed::Invalid),
        ("82ffffffffff7f", Malformed::Invalid),
    ];
    for (hex, why) in cases {
        let (lines, result) = read(&mut from_start(), &bytes(hex));
        assert_eq!((lines, result), (vec![":method: GET".to_owned()], Err(why)), "{hex}");
    }
}

#[test]
fn an_encoder_sets_the_size() {
    let mut decoder = from_start();
    lines(&mut decoder, "400161016240016301640f0d0130");
    assert_eq!(decoder.entries.len(), 2);
    lines(&mut decoder, "3f03");
    assert_eq!((decoder.entries.len(), decoder.size), (1, 34), "34 octets have room for the last");
    assert_eq!(lines(&mut decoder, "be"), ["c: d"]);
    lines(&mut decoder, "20");
    assert!(decoder.entries.is_empty());
    assert_eq!(read(&mut decoder, &bytes("be")).1, Err(Malformed::NoSuchEntry));
}

/// Reaches `H2_TABLE`: of a larger table the older entries are not known, and said to be so.
#[test]
fn the_table_is_held_to_the_cap() {
    let mut decoder = from_start();
    let mut block = vec![0x3f];
    let mut size = (2 * H2_TABLE) - 31;
    while size >= 128 {
        block.push((size % 128) as u8 | 0x80);
        size /= 128;
    }
    block.push(size as u8);
    assert_eq!(read(&mut decoder, &block).1, Ok(()));
    let value = vec![b'x'; 120];
    let count = H2_TABLE / (32 + 1 + 120) + 10;
    for _ in 0..count {
        let field = [&b"\x40\x01a\x78"[..], &value].concat();
        assert_eq!(read(&mut decoder, &field).1, Ok(()));
        assert!(decoder.size <= H2_TABLE);
    }
    assert!(decoder.entries.len() < count);
    let oldest = 61 + count - 127;
    let index = [0xff, (oldest % 128) as u8 | 0x80, (oldest / 128) as u8];
    assert_eq!(read(&mut decoder, &index).0, ["?: ?"]);
}
