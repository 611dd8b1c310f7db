//! Connections of data that FTP announces, through the whole engine.

use super::summaries::Talk;
use super::*;
use crate::event::Redactor;
use crate::limits::ANNOUNCED;
use crate::proto::{Chosen, Settings};

const SERVER: (u8, u16) = (2, 2121);
const PASSIVE: &[u8] = b"227 Entering Passive Mode (10,0,0,2,195,80).\r\n";
/// What a file may hold: nobody is to take it for a conversation.
const FILE: &[u8] = b"GET /secret HTTP/1.1\r\nHost: h\r\n\r\n";

fn control(config: Config) -> Talk {
    Talk::new(config, SERVER.1).says(b"220 FTP\r\n").asks(b"USER me\r\n").says(b"331 ok\r\n")
}

/// A connection over which the client of it sends a file.
fn carry(bench: &mut Bench, client: (u8, u16), server: (u8, u16)) {
    bench.tcp(client, server, SYN, (100, 0), b"");
    bench.tcp(server, client, SYN | ACK, (500, 101), b"");
    bench.tcp(client, server, ACK, (101, 501), b"");
    bench.tcp(client, server, ACK, (101, 501), FILE);
}

/// Of each flow but the first: client, protocol, summary; and how many bytes were not understood.
fn told(bench: Bench) -> (Vec<String>, u64) {
    let tables = bench.finish();
    let column = |name| text(&tables.flows, name);
    let [control, client, protocol, summary] =
        ["community_id", "client_ip", "protocol", "summary"].map(column);
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let id = (0..protocol.len()).find(|&at| protocol[at].as_deref() == Some("ftp"));
    let id = id.and_then(|at| control[at].clone()).unwrap_or_default();
    let rows = (0..protocol.len())
        .filter(|&at| protocol[at].as_deref() != Some("ftp"))
        .map(|at| [&client, &protocol, &summary].map(|column| shown(&column[at])).join(" "))
        .map(|row| row.replace(&id, "(control)"));
    (rows.collect(), tables.totals.opaque_bytes)
}

fn row(client: &str, mode: &str, rest: &str) -> String {
    format!(
        r#"{client} ftp-data {{"protocol":"ftp-data","mode":"{mode}",{rest}"control_community_id":"(control)"}}"#
    )
}

#[test]
fn the_connection_that_was_announced_is_known_with_its_file() {
    let mut talk = control(Config::default()).asks(b"PASV\r\n").says(PASSIVE);
    carry(&mut talk.bench, (1, 40_001), (2, 50_000));
    let talk = talk.asks(b"STOR a file\r\n").says(b"150 go\r\n").says(b"226 done\r\n");
    let (rows, opaque) = told(talk.bench);
    let expected = row("10.0.0.1", "passive", r#""transfer":"STOR","file":"a file","#);
    assert_eq!((rows, opaque), (vec![expected], 0));
}

#[test]
fn who_looks_for_connections_of_data_only_finds_them() {
    let settings =
        Settings { chosen: Chosen::of(&["ftp-data"]).expect("it is known"), ..Settings::default() };
    let mut talk =
        control(Config { settings, ..Config::default() }).asks(b"PASV\r\n").says(PASSIVE);
    carry(&mut talk.bench, (1, 40_001), (2, 50_000));
    assert_eq!(told(talk.bench).0, [row("10.0.0.1", "passive", "")]);
}

#[test]
fn the_server_may_connect() {
    let mut talk = control(Config::default())
        .asks(b"EPRT |1|10.0.0.1|20001|\r\n")
        .says(b"200 ok\r\n")
        .asks(b"LIST\r\n");
    carry(&mut talk.bench, (2, 20), (1, 20_001));
    let (rows, _) = told(talk.bench);
    assert_eq!(rows, [row("10.0.0.2", "active", r#""transfer":"LIST","#)]);
}

#[test]
fn the_server_may_connect_before_it_answers() {
    let mut talk = control(Config::default()).asks(b"PORT 10,0,0,1,78,33\r\n");
    carry(&mut talk.bench, (2, 20), (1, 20_001));
    let talk = talk.says(b"200 ok\r\n").asks(b"RETR a\r\n").says(b"150 go\r\n");
    let (rows, _) = told(talk.bench);
    assert_eq!(rows, [row("10.0.0.2", "active", r#""transfer":"RETR","file":"a","#)]);
}

#[test]
fn where_the_server_says_another_address_its_own_counts_too() {
    for passive in [&b"227 (192,168,7,7,195,80)\r\n"[..], b"229 (|||50000|)\r\n"] {
        let mut talk = control(Config::default()).asks(b"PASV\r\n");
        talk = if passive[2] == b'9' { talk.asks(b"EPSV\r\n").says(b"500 no\r\n") } else { talk };
        talk = talk.says(passive);
        carry(&mut talk.bench, (1, 40_001), (2, 50_000));
        let (rows, _) = told(talk.bench);
        assert_eq!(rows, [row("10.0.0.1", "passive", "")]);
    }
}

#[test]
fn what_was_refused_is_not_what_is_sent() {
    let mut talk = control(Config::default())
        .asks(b"PASV\r\n")
        .says(PASSIVE)
        .asks(b"RETR none\r\n")
        .says(b"550 no\r\n")
        .asks(b"RETR file\r\n")
        .says(b"150 go\r\n");
    carry(&mut talk.bench, (1, 40_001), (2, 50_000));
    // Of a transfer that has begun nothing changes.
    let talk = talk.asks(b"RETR other\r\n");
    let (rows, _) = told(talk.bench);
    assert_eq!(rows, [row("10.0.0.1", "passive", r#""transfer":"RETR","file":"file","#)]);
}

#[test]
fn only_the_first_from_the_other_side_within_time_is_it() {
    let http = "10.0.0.1 http -".to_owned();
    let begun = || control(Config::default()).asks(b"PASV\r\n").says(PASSIVE);
    // A second one.
    let mut talk = begun();
    carry(&mut talk.bench, (1, 40_001), (2, 50_000));
    carry(&mut talk.bench, (1, 40_002), (2, 50_000));
    assert_eq!(told(talk.bench).0, [row("10.0.0.1", "passive", ""), http.clone()]);
    // From somebody else, or to another port.
    let mut talk = begun();
    carry(&mut talk.bench, (3, 40_001), (2, 50_000));
    carry(&mut talk.bench, (1, 40_001), (2, 50_001));
    assert_eq!(told(talk.bench).0, ["10.0.0.3 http -".to_owned(), http.clone()]);
    // Too late.
    let mut talk = begun();
    talk.bench.time += 301 * SECOND;
    carry(&mut talk.bench, (1, 40_001), (2, 50_000));
    assert_eq!(told(talk.bench).0, vec![http.clone()]);
    // Not announced.
    let mut talk = control(Config::default());
    carry(&mut talk.bench, (1, 40_001), (2, 50_000));
    assert_eq!(told(talk.bench).0, [http]);
}

#[test]
fn names_of_files_are_hidden_where_secrets_are() {
    let config = Config { redactor: Some(Redactor::default()), ..Config::default() };
    let mut talk = control(config).asks(b"PASV\r\n").says(PASSIVE).asks(b"RETR a\r\n");
    carry(&mut talk.bench, (1, 40_001), (2, 50_000));
    let (rows, _) = told(talk.bench);
    assert_eq!(rows, [row("10.0.0.1", "passive", r#""transfer":"RETR","file":"[redacted]","#)]);
}

/// Reaches `ANNOUNCED`: the oldest is forgotten, and counted.
#[test]
fn so_many_announcements_are_remembered() {
    let mut talk = control(Config::default());
    for at in 0..=ANNOUNCED {
        let (high, low) = (100 + at / 256, at % 256);
        let said = format!("227 (10,0,0,2,{high},{low})\r\n");
        talk = talk.asks(b"PASV\r\n").says(said.leak().as_bytes());
    }
    assert!(talk.bench.engine.memory() < 4 << 20);
    let stats = talk.bench.engine.stats();
    let forgotten = stats.iter().find(|stat| stat.name == "announcements_forgotten");
    assert_eq!(forgotten.map(|stat| stat.value), Some(1));
    carry(&mut talk.bench, (1, 40_001), (2, 25_600));
    carry(&mut talk.bench, (1, 40_001), (2, 25_601));
    let (rows, _) = told(talk.bench);
    assert_eq!(rows, ["10.0.0.1 http -".to_owned(), row("10.0.0.1", "passive", "")]);
}
