//! Dialogues: what both sides said, and the exchanges that come of it.

use super::probe::probe;
use super::*;
use crate::event::{Completeness, Exchange};
use crate::limits::{REDIS_DEPTH, REDIS_ITEM, REDIS_ITEMS, REDIS_LINE, REDIS_PIPELINE};
use crate::proto::Place;
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::dialogue::{self, Act, Collected, detail, says, text};

/// A command as clients send it.
fn ask(words: &str) -> Vec<u8> {
    let words: Vec<&str> = words.split(' ').collect();
    let mut out = format!("*{}\r\n", words.len());
    for word in words {
        out.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    out.into_bytes()
}

fn play(acts: &[Act], piece: usize) -> Vec<Exchange> {
    dialogue::play(Redis::default(), acts, piece).0
}

/// `METHOD target reply error completeness`.
fn told(acts: &[Act]) -> Vec<String> {
    dialogue::told(Redis::default, acts, |e| {
        let (method, target, error) = (text(&e.method), text(&e.target), e.error.unwrap_or("-"));
        format!("{method} {target} [{}] {error} {}", detail(e, "reply"), e.completeness.name())
    })
}

#[test]
fn a_command_has_its_answer() {
    let acts = [
        says(C, ask("SET key value")),
        says(S, "+OK\r\n"),
        says(C, ask("get key")),
        says(S, "$5\r\nvalue\r\n"),
        says(C, ask("GET none")),
        says(S, "$-1\r\n"),
        says(C, ask("INCR key")),
        says(S, "-ERR value is not an integer\r\n"),
        says(C, ask("LRANGE l 0 -1")),
        says(S, "*2\r\n$1\r\na\r\n*1\r\n:5\r\n"),
    ];
    let rows = [
        "SET key [simple string] - complete",
        "GET key [bulk string] - complete",
        "GET none [null] - complete",
        "INCR key [error] ERR complete",
        "LRANGE l [array] - complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn times_sizes_and_texts_are_those_of_the_messages() {
    let exchanges = play(&[says(C, ask("SET k v")), says(S, "+OK\r\n")], usize::MAX);
    let [e] = exchanges.as_slice() else { panic!("{exchanges:?}") };
    let (request, response) = (e.request.as_ref().expect("it"), e.response.as_ref().expect("it"));
    assert_eq!((request.first_time, request.last_time), (1000, Some(1000)));
    assert_eq!((response.first_time, response.last_time), (2000, Some(2000)));
    assert_eq!(request.body.bytes, Some(ask("SET k v").len() as i64));
    assert_eq!(e.detail[0], ("command", "SET k v".to_owned()));
    assert_eq!((response.body.bytes, response.body.kept.as_deref()), (Some(5), Some(&b"OK"[..])));
    assert!(!request.body.truncated && !response.body.truncated);
}

#[test]
fn passwords_are_not_kept() {
    for words in [
        "AUTH secret",
        "HELLO 3 AUTH u secret",
        "CONFIG SET requirepass secret",
        "SENTINEL SET mymaster auth-pass secret",
    ] {
        let exchanges = play(&[says(C, ask(words)), says(S, "+OK\r\n")], usize::MAX);
        assert!(!format!("{exchanges:?}").contains("secret"), "{words}");
        assert!(exchanges[0].detail[0].1.ends_with(" [redacted]"));
    }
}

#[test]
fn a_password_that_is_asked_for_is_not_kept() {
    let answer = "*2\r\n$11\r\nrequirepass\r\n$6\r\nsecret\r\n";
    for (words, is_kept) in
        [("CONFIG GET requirepass", false), ("CONFIG GET *", false), ("CONFIG GET save", true)]
    {
        let exchanges = play(&[says(C, ask(words)), says(S, answer)], usize::MAX);
        let body = &exchanges[0].response.as_ref().expect("it was answered").body;
        assert_eq!((body.kept.is_some(), body.truncated), (is_kept, !is_kept), "{words}");
    }
}

#[test]
fn answers_of_a_pipeline_come_in_order() {
    let asked = [ask("SET a 1"), ask("GET a"), ask("PING")].concat();
    let acts = [says(C, asked), says(S, "+OK\r\n$1\r\n1\r\n"), says(S, "+PONG\r\n")];
    let rows = [
        "SET a [simple string] - complete",
        "GET a [bulk string] - complete",
        "PING - [simple string] - complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn version_3_has_types_of_its_own() {
    let map = "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n";
    let acts = [
        says(C, ask("HELLO 3")),
        says(S, map),
        says(C, ask("SMISMEMBER s a")),
        says(S, "|1\r\n+ttl\r\n:5\r\n~2\r\n#t\r\n,1.5\r\n"),
        says(C, ask("GET streamed")),
        says(S, "$?\r\n;4\r\nabcd\r\n;2\r\nef\r\n;0\r\n"),
        says(C, ask("LRANGE l 0 -1")),
        says(S, "*?\r\n:1\r\n_\r\n.\r\n"),
    ];
    let rows = [
        "HELLO - [map] - complete",
        "SMISMEMBER s [set] - complete",
        "GET streamed [bulk string] - complete",
        "LRANGE l [array] - complete",
    ];
    assert_eq!(told(&acts), rows);
    assert!(play(&acts, usize::MAX).iter().all(|e| e.version == Some("3")));
}

#[test]
fn a_subscription_is_answered_by_channel_and_then_told_unasked() {
    let confirm = |word: &str, channel: &str, count: u32| {
        format!("*3\r\n${}\r\n{word}\r\n$1\r\n{channel}\r\n:{count}\r\n", word.len())
    };
    let message = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n";
    let acts = [
        says(C, ask("SUBSCRIBE a b")),
        says(S, [confirm("subscribe", "a", 1), confirm("subscribe", "b", 2)].concat()),
        says(S, message),
        says(C, ask("UNSUBSCRIBE")),
        says(S, [confirm("unsubscribe", "a", 1), confirm("unsubscribe", "b", 0)].concat()),
        says(C, ask("PING")),
        says(S, "+PONG\r\n"),
    ];
    let rows = [
        "SUBSCRIBE a [array] - complete",
        "MESSAGE a [array] - complete",
        "UNSUBSCRIBE - [array] - complete",
        "PING - [simple string] - complete",
    ];
    assert_eq!(told(&acts), rows);
}

/// The second of two answers is cut: the first's time stands, when it ended is not known.
#[test]
fn of_several_answers_the_last_may_be_lost() {
    let second = confirms("subscribe", "b", 2);
    let lost = |acts: &[Act]| {
        let got = play(acts, usize::MAX);
        let response = got[0].response.as_ref().expect("it");
        assert_eq!((response.first_time, response.last_time), (2000, None));
        assert_eq!((response.body.bytes, detail(&got[0], "reply")), (None, "array"));
        got.len()
    };
    let acts = [
        says(C, ask("SUBSCRIBE a b")),
        says(S, confirms("subscribe", "a", 1)),
        says(S, &second[..20]),
        Act::Loses(S, 9),
    ];
    assert_eq!(told(&acts), ["SUBSCRIBE a [array] - gap"]);
    assert_eq!(lost(&acts), 1);
    assert_eq!(lost(&acts[..2]), 1);
}

/// What a server says to `SUBSCRIBE` and the like.
fn confirms(word: &str, channel: &str, count: usize) -> String {
    let (a, b) = (word.len(), channel.len());
    format!("*3\r\n${a}\r\n{word}\r\n${b}\r\n{channel}\r\n:{count}\r\n")
}

/// Who subscribes twice leaves once, and is told so once.
#[test]
fn a_channel_that_is_subscribed_twice_is_one() {
    let acts = [
        says(C, ask("SUBSCRIBE a a")),
        says(S, confirms("subscribe", "a", 1).repeat(2)),
        says(C, ask("UNSUBSCRIBE z")),
        says(S, confirms("unsubscribe", "z", 1)),
        says(C, ask("SUBSCRIBE b")),
        says(S, confirms("subscribe", "b", 2)),
        says(C, ask("UNSUBSCRIBE")),
        says(S, confirms("unsubscribe", "a", 1) + &confirms("unsubscribe", "b", 0)),
        says(C, ask("GET k")),
        says(S, "$1\r\nv\r\n"),
    ];
    let rows = [
        "SUBSCRIBE a [array] - complete",
        "UNSUBSCRIBE z [array] - complete",
        "SUBSCRIBE b [array] - complete",
        "UNSUBSCRIBE - [array] - complete",
        "GET k [bulk string] - complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn a_subscription_within_a_transaction_is_put_off() {
    let acts = [
        says(C, ask("MULTI")),
        says(S, "+OK\r\n"),
        says(C, ask("SUBSCRIBE a b")),
        says(S, "+QUEUED\r\n"),
        says(C, ask("GET k")),
        says(S, "+QUEUED\r\n"),
        says(C, ask("DISCARD")),
        says(S, "+OK\r\n"),
    ];
    let rows = [
        "MULTI - [simple string] - complete",
        "SUBSCRIBE a [simple string] - complete",
        "GET k [simple string] - complete",
        "DISCARD - [simple string] - complete",
    ];
    assert_eq!(told(&acts), rows);
}

/// A cluster takes subscriptions away when it moves a slot.
#[test]
fn a_subscription_that_is_taken_away_answers_nothing() {
    let acts = [
        says(C, ask("SSUBSCRIBE a")),
        says(S, ">3\r\n$10\r\nssubscribe\r\n$1\r\na\r\n:1\r\n"),
        says(C, ask("GET k")),
        says(S, ">3\r\n$12\r\nsunsubscribe\r\n$1\r\na\r\n:0\r\n$1\r\nv\r\n"),
    ];
    let rows = [
        "SSUBSCRIBE a [push] - complete",
        "SUNSUBSCRIBE a [push] - complete",
        "GET k [bulk string] - complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn a_reset_is_answered_whatever_was_before() {
    let acts = [
        says(C, [ask("CLIENT REPLY OFF"), ask("RESET")].concat()),
        says(S, "+RESET\r\n"),
        says(C, ask("MONITOR")),
        says(S, "+OK\r\n"),
        says(C, ask("RESET")),
        says(S, "+1339518083.107412 [0 127.0.0.1:60866] \"GET\" \"k\"\r\n+RESET\r\n"),
        says(C, ask("GET k")),
        says(S, "$1\r\nv\r\n"),
    ];
    let rows = [
        "CLIENT REPLY - [off] - request_only",
        "RESET - [simple string] - complete",
        "MONITOR - [simple string] - complete",
        "MONITOR - [simple string] - complete",
        "RESET - [simple string] - complete",
        "GET k [bulk string] - complete",
    ];
    assert_eq!(told(&acts), rows);
}

/// Redis sends an empty line each second until it has what a replica asked for.
#[test]
fn a_replica_that_waits_is_not_given_up() {
    let acts = [says(C, ask("PSYNC ? -1")), says(S, "\n"), says(S, "\n+FULLRESYNC a 0\r\n")];
    assert_eq!(told(&acts), ["PSYNC - [simple string] - complete"]);
}

#[test]
fn elements_that_are_not_counted_have_no_number() {
    let acts = [says(C, ask("HGETALL h")), says(S, "%?\r\n+a\r\n:1\r\n.\r\n")];
    let exchanges = play(&acts, usize::MAX);
    assert_eq!((detail(&exchanges[0], "reply"), detail(&exchanges[0], "elements")), ("map", "-"));
}

#[test]
fn a_push_is_no_answer() {
    let acts =
        [says(C, ask("GET a")), says(S, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nx\r\n$1\r\n1\r\n")];
    let rows = ["INVALIDATE x [push] - complete", "GET a [bulk string] - complete"];
    assert_eq!(told(&acts), rows);
}

#[test]
fn replication_is_no_conversation() {
    let acts = [
        says(C, ask("PSYNC ? -1")),
        says(S, "+FULLRESYNC 0123456789012345678901234567890123456789 0\r\n"),
        says(S, b"$7\r\nREDIS\0\xff"),
        says(S, ask("SET a b")),
    ];
    assert_eq!(told(&acts), ["PSYNC - [simple string] - complete"]);
}

#[test]
fn a_loss_within_a_text_is_marked_and_no_more() {
    let acts = [
        says(C, ask("GET a")),
        says(S, "$10\r\nabc"),
        Act::Loses(S, 4),
        says(S, "hij\r\n"),
        says(C, ask("GET b")),
        says(S, "$1\r\n1\r\n"),
    ];
    let rows = ["GET a [bulk string] - gap", "GET b [bulk string] - complete"];
    assert_eq!(told(&acts), rows);
}

#[test]
fn who_waits_is_followed_again_after_a_loss() {
    // The command is lost, or its answer.
    for side in [C, S] {
        let loss = Act::Loses(side, 20);
        let seen = says(side.peer(), if side == C { b":1\r\n".to_vec() } else { ask("GET b") });
        let (first, then) = if side == C { (loss, seen) } else { (seen, loss) };
        let acts = [
            says(C, ask("GET a")),
            says(S, "$1\r\na\r\n"),
            first,
            then,
            says(C, ask("GET c")),
            says(S, "$1\r\nc\r\n"),
        ];
        let rows = told(&acts);
        assert_eq!(rows[0], "GET a [bulk string] - complete");
        assert_eq!(rows.last().map(String::as_str), Some("GET c [bulk string] - complete"));
        let is_paired = |row: &&String| row.ends_with("complete");
        assert_eq!(rows.iter().filter(is_paired).count(), 2, "{rows:?}");
    }
}

#[test]
fn what_is_open_at_the_end_says_why() {
    let got = play(&[says(C, ask("BLPOP q 0"))], usize::MAX);
    let [e] = got.as_slice() else { panic!("{got:?}") };
    assert_eq!(e.completeness, Completeness::RequestOnly);
    assert_eq!(e.error, Some("connection closed before response"));
}

#[test]
fn probes_know_redis_by_its_bytes() {
    let client = |bytes: &[u8]| probe(C, bytes);
    assert_eq!(client(b"*1\r\n$4\r\nping\r\n"), Probe::Yes);
    for cut in 0..12 {
        assert_eq!(client(&b"*1\r\n$4\r\nPIN"[..cut]), Probe::NeedMore);
    }
    for other in [
        &b"*1\r\n$4\r\nuser\r\n"[..],
        b"HTTP/1.1 200 OK\r\n",
        b"*abc",
        b"*1\r\nx",
        b"\x16\x03\x01",
        b"*1\n$4\n",
    ] {
        assert_eq!(client(other), Probe::No, "{}", other.escape_ascii());
    }
    assert_eq!(probe(S, b"$3\r\nabc\r\n"), Probe::Yes);
    assert_eq!(probe(S, b"*2\r\n$1\r\na\r\n"), Probe::Yes);
    assert_eq!(probe(S, b"*2\r\n$900\r\n"), Probe::Yes);
    assert_eq!(probe(S, b"*3\r\n$9\r\nsubscribe\r\n"), Probe::Yes);
    assert_eq!(probe(S, b"*3\r\n$3\r\nSET\r\n"), Probe::No, "a replica is told so");
    assert_eq!(probe(S, b"+OK\r\n"), Probe::No, "others say that too");
    assert_eq!(probe(S, b"+PONG\r\n"), Probe::Yes);
    assert_eq!(
        (client(b"PING\r\n"), client(b"PI"), client(b"HELO a\r\n")),
        (Probe::NeedMore, Probe::NeedMore, Probe::No)
    );
}

#[test]
fn what_is_no_resp_ends_it() {
    let mut sink = Collected::default();
    let settings = Settings::default();
    let mut parser = Redis::default();
    let mut cx = Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
    assert_eq!(parser.data(C, &ask("GET a"), &mut cx), Verdict::Continue);
    assert_eq!(parser.data(S, b"\x00\x01\r\n", &mut cx), Verdict::Dead("not RESP"));
    assert_eq!(sink.0.len(), 1, "what waits is reported");
}

/// Following began in the middle of a pipeline: what is answered first was asked before.
#[test]
fn an_answer_that_was_sent_before_its_command_came_is_to_another() {
    let (mut parser, mut sink, settings) =
        (Redis::default(), Collected::default(), Settings::default());
    let (b, c) = (ask("GET b"), ask("GET c"));
    let sent = b.len() as u64;
    let acts: [(Side, &[u8], u64, u64); 4] = [
        (C, &b, 0, 0),
        (S, b"$1\r\na\r\n", 0, 0),
        (C, &c, sent, 7),
        (S, b"$1\r\nb\r\n$1\r\nc\r\n", 7, 2 * sent),
    ];
    for (side, bytes, offset, received) in acts {
        let place = Place { offset, received };
        let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
        assert_eq!(parser.data(side, bytes, &mut cx), Verdict::Continue);
    }
    let text =
        |text: &Option<Vec<u8>>| text.as_deref().map(|t| String::from_utf8_lossy(t).into_owned());
    let got: Vec<_> = sink.0.iter().map(|e| text(&e.method).zip(text(&e.target))).collect();
    let row = |key: &str| Some(("GET".to_owned(), key.to_owned()));
    assert_eq!(got, [None, row("b"), row("c")]);
}

#[test]
fn who_wants_no_answers_gets_none() {
    let asked = [
        "CLIENT REPLY SKIP",
        "SET a 1",
        "GET a",
        "CLIENT REPLY OFF",
        "SET b 1",
        "CLIENT REPLY ON",
        "GET b",
    ];
    let asked: Vec<u8> = asked.iter().flat_map(|words| ask(words)).collect();
    let acts = [says(C, asked), says(S, "$1\r\n1\r\n+OK\r\n$1\r\n2\r\n")];
    let rows = [
        "CLIENT REPLY - [off] - request_only",
        "SET a [off] - request_only",
        "CLIENT REPLY - [off] - request_only",
        "SET b [off] - request_only",
        "GET a [bulk string] - complete",
        "CLIENT REPLY - [simple string] - complete",
        "GET b [bulk string] - complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn a_transaction_fails_with_what_fails_in_it() {
    let acts = [
        says(C, [ask("MULTI"), ask("INCR a"), ask("EXEC")].concat()),
        says(S, "+OK\r\n+QUEUED\r\n*2\r\n-WRONGTYPE no\r\n:1\r\n"),
    ];
    let rows = [
        "MULTI - [simple string] - complete",
        "INCR a [simple string] - complete",
        "EXEC - [array] WRONGTYPE complete",
    ];
    assert_eq!(told(&acts), rows);
}

#[test]
fn what_others_do_is_told_without_their_values() {
    let acts = [
        says(C, ask("MONITOR")),
        says(S, "+OK\r\n"),
        says(S, "+1.2 [0 a] \"set\" \"k\" \"v\"\r\n"),
    ];
    assert_eq!(told(&acts)[1], "MONITOR - [simple string] - complete");
}

#[test]
fn a_replica_that_is_seen_later_is_no_conversation() {
    assert_eq!(
        told(&[says(C, ask("REPLCONF ACK 100")), says(S, ask("SET a b"))]),
        Vec::<String>::new()
    );
}

/// Reaches `REDIS_DEPTH`, `REDIS_LINE`: what goes beyond is not followed, and counted.
#[test]
fn what_is_too_deep_or_long_ends_it() {
    let too_deep = "*1\r\n".repeat(REDIS_DEPTH + 1);
    let too_long = format!("+{}\r\n", "a".repeat(REDIS_LINE));
    for bytes in [too_deep, too_long] {
        let (mut parser, mut sink, settings) =
            (Redis::default(), Collected::default(), Settings::default());
        let place = Place::default();
        let mut cx = Context { time: 1, place, settings: &settings, sink: &mut sink };
        assert_eq!(parser.data(S, bytes.as_bytes(), &mut cx), Verdict::Dead("not RESP"));
    }
}

/// Reaches `REDIS_ITEMS`, `REDIS_ITEM`: what is kept of an answer is cut, and its row says so.
#[test]
fn an_answer_is_kept_up_to_the_caps() {
    let many = format!("*{0}\r\n{1}", REDIS_ITEMS + 1, ":1\r\n".repeat(REDIS_ITEMS + 1));
    let long = format!("${0}\r\n{1}\r\n", REDIS_ITEM + 1, "a".repeat(REDIS_ITEM + 1));
    for (answer, kept) in [(many, 2 * REDIS_ITEMS - 1), (long, REDIS_ITEM)] {
        let got = play(&[says(C, ask("GET a")), says(S, &answer)], usize::MAX);
        let body = &got[0].response.as_ref().expect("it").body;
        assert_eq!((body.kept.as_ref().map(Vec::len), body.truncated), (Some(kept), true));
        assert_eq!(body.bytes, Some(answer.len() as i64));
    }
}

#[test]
fn an_answer_beyond_the_body_limit_is_marked() {
    for (answer, is_cut) in [("$4\r\nabcd\r\n", false), ("*2\r\n$2\r\nab\r\n$2\r\ncd\r\n", true)] {
        let settings = Settings { body_limit: 4, ..Settings::default() };
        let (mut parser, mut sink) = (Redis::default(), Collected::default());
        let mut cx =
            Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
        parser.data(C, &ask("GET a"), &mut cx);
        parser.data(S, answer.as_bytes(), &mut cx);
        let body = &sink.0[0].response.as_ref().expect("it").body;
        assert_eq!((body.kept.as_ref().map(Vec::len), body.truncated), (Some(4), is_cut));
    }
}

/// Reaches `REDIS_PIPELINE`: the oldest command is told without its answer, which is passed over.
#[test]
fn a_pipeline_is_followed_up_to_the_cap() {
    let asked = ask("GET a").repeat(REDIS_PIPELINE + 1);
    let got =
        play(&[says(C, asked), says(S, "$1\r\n1\r\n".repeat(REDIS_PIPELINE + 1))], usize::MAX);
    assert_eq!(got.len(), REDIS_PIPELINE + 1);
    assert_eq!(
        (got[0].oddities[0], got[0].completeness),
        ("pipeline_overflow", Completeness::RequestOnly)
    );
    assert!(
        got[1..].iter().all(|e| e.completeness == Completeness::Complete && e.oddities.is_empty())
    );
}

/// Reaches `REDIS_PROBE`: what looks like a command for so long is given up.
#[test]
fn a_command_is_looked_for_within_the_cap() {
    let mut parser = Redis::default();
    parser.halves[0].is_lost = true;
    let (mut sink, settings) = (Collected::default(), Settings::default());
    let mut cx = Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
    for byte in [b"*".as_slice(), &[b'0'; REDIS_PROBE]].concat() {
        parser.data(C, &[byte], &mut cx);
        assert!(parser.halves[0].held.len() < REDIS_PROBE);
    }
}
