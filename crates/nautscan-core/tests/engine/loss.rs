//! Packets dropped at random from a capture of which every byte is known.
//!
//! What holds, whatever is dropped:
//!
//! - An exchange of which every byte was captured is reported exactly, as if nothing had been
//!   dropped, if its client waits for each answer and enough is left of the connection to show
//!   it; where not (less than one in a thousand), and where the client pipelines and something
//!   was dropped before, request and response are reported apart as `pairing_uncertain`.
//! - An exchange that lacks bytes, but not the head of its request or of its response, has a row
//!   that does not claim to be complete.
//! - No row says what was not so: request and response of a row belong together, its values are
//!   those of the exchange, no row stands for what is only content, and none comes twice.

use std::collections::{HashMap, HashSet};

use super::dialogue::{self, exchange};
use super::network::{CLIENT, Connection, Frame, Random, SERVER, merged};
use super::rows::{Row, observe};
use super::truth::{Client, Exchange, Truth};

const SECOND: i64 = 1_000_000_000;

/// What clients do.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Style {
    Alternating,
    Bursts,
    Overlapping,
}

impl Style {
    /// How much is dropped. Where all of the first burst of a client is lost that always has
    /// requests on their way, it looks like one that waits (see `turn.rs`), and a fifth dropped
    /// does that to some.
    fn percents(self) -> &'static [f64] {
        match self {
            Self::Overlapping => &[1.0, 5.0],
            Self::Alternating | Self::Bursts => &[1.0, 5.0, 20.0],
        }
    }
}

fn capture(style: Style, connections: usize, seed: u64) -> Vec<Frame> {
    let conversation = |n: usize| {
        let mut random = Random::new(seed * 1000 + n as u64);
        let start = 1_700_000_000 * SECOND + random.within(0, 2_000_000_000) as i64;
        let mut connection = Connection::open(n, start, random.clone());
        connection.repeats = random.pick(&[0, 0, 20]);
        let count = random.within(1, 25);
        let nasty = style == Style::Alternating && random.chance(50.0);
        let exchanges: Vec<_> =
            (0..count).map(|k| exchange(&format!("{n}-{k}"), nasty, &mut random)).collect();
        match style {
            Style::Alternating => dialogue::alternating(&mut connection, &exchanges),
            Style::Bursts => dialogue::in_bursts(&mut connection, &exchanges),
            Style::Overlapping => dialogue::overlapping(&mut connection, &exchanges),
        }
        if random.chance(80.0) {
            connection.close(random.pick(&[CLIENT, SERVER]));
        }
        connection
    };
    merged((0..connections).map(conversation))
}

/// A capture with some of its packets dropped, what is known of it, and what was reported.
struct Trial<'a> {
    truth: &'a Truth,
    kept: Vec<bool>,
    name: String,
}

/// How many exchanges came out how.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    untouched: usize,
    exact: usize,
    touched: usize,
    marked: usize,
}

impl Tally {
    fn and(self, other: Self) -> Self {
        Self {
            untouched: self.untouched + other.untouched,
            exact: self.exact + other.exact,
            touched: self.touched + other.touched,
            marked: self.marked + other.marked,
        }
    }
}

impl Trial<'_> {
    fn has(&self, e: &Exchange, side: usize, range: &std::ops::Range<usize>) -> bool {
        self.truth.is_whole(&e.client, side, range, &self.kept)
    }

    fn is_untouched(&self, e: &Exchange) -> bool {
        [CLIENT, SERVER].into_iter().all(|side| self.has(e, side, &e.ranges[side]))
    }

    /// Whether the last byte of a message, or something behind it, was captured.
    fn goes_on(&self, e: &Exchange, side: usize) -> bool {
        self.truth.last_kept(&e.client, side, &self.kept) >= e.ranges[side].end
    }

    /// Whether request and response of an exchange are reported apart, and as that.
    fn is_in_doubt(&self, e: &Exchange, rows: &[Row]) -> bool {
        let says_so = |row: &Row| row.oddities.iter().any(|oddity| oddity == "pairing_uncertain");
        rows.iter().any(|row| row.target.as_ref() == Some(&e.target) && says_so(row))
    }

    /// What is wrong with a row, if anything.
    fn fault(&self, row: &Row, of: &[Exchange]) -> Result<(), String> {
        let by_target = |target: &String| of.iter().find(|e| e.target == *target);
        let by_id = |id: &String| of.iter().find(|e| e.id.as_ref() == Some(id));
        let asked = match &row.target {
            Some(target) => Some(by_target(target).ok_or("its target was never asked for")?),
            None => None,
        };
        let said = match &row.id {
            Some(id) => Some(by_id(id).ok_or("its answer was never given")?),
            None => None,
        };
        let interim = row.status == Some(100) && row.target.is_none();
        if row.has_response && said.is_none() && row.completeness != "gap" && !interim {
            return Err("a response that was none".into());
        }
        if let (Some(asked), Some(said)) = (asked, said)
            && asked.number != said.number
        {
            return Err(format!("answered by {:?}", said.target));
        }
        let Some(e) = asked.or(said) else { return Ok(()) };
        let same = |is: bool, what: &str| is.then_some(()).ok_or(format!("{what} differs"));
        same(row.method.as_ref().is_none_or(|m| *m == e.method), "method")?;
        same(row.status.is_none_or(|s| s == e.status || interim), "status")?;
        let size = |n: Option<i64>, side: usize, body: &[u8]| match n {
            None => true,
            // Of a message whose end was never seen, not even by what follows, what was seen counts.
            Some(n) if row.completeness == "gap" && !self.goes_on(e, side) => {
                n <= body.len() as i64
            }
            Some(n) => n == body.len() as i64,
        };
        same(size(row.request_bytes, CLIENT, &e.request_body), "request_bytes")?;
        same(size(row.response_bytes, SERVER, &e.response_body), "response_bytes")?;
        let part = |kept: &Option<Vec<u8>>, body: &[u8]| {
            kept.as_ref().is_none_or(|kept| body.starts_with(kept))
        };
        same(part(&row.request_body, &e.request_body), "request_body")?;
        same(part(&row.response_body, &e.response_body), "response_body")?;
        let time = |side: usize, at: usize| self.truth.time_of(&e.client, side, at, &self.kept);
        if asked.is_some() {
            same(row.time == time(CLIENT, e.ranges[CLIENT].start), "time")?;
        }
        if let (Some(ttfb), Some(_)) = (row.ttfb, said) {
            same(row.time + ttfb == time(SERVER, e.heads[SERVER].start), "ttfb_ns")?;
        }
        if let (Some(duration), Some(_)) = (row.duration, said) {
            same(row.time + duration == time(SERVER, e.ranges[SERVER].end - 1), "duration_ns")?;
        }
        Ok(())
    }

    /// Checks that every row of a connection is true, and none there twice.
    fn check_rows(&self, rows: &[Row], of: &[Exchange]) {
        let mut seen = HashSet::new();
        for row in rows {
            let fault = self.fault(row, of);
            assert_eq!(fault, Ok(()), "{}: {}", self.name, row.brief());
            for (side, name) in [(CLIENT, &row.target), (SERVER, &row.id)] {
                let is_new = name.as_ref().is_none_or(|name| seen.insert((side, name.clone())));
                assert!(is_new, "{}: twice: {}", self.name, row.brief());
            }
        }
    }

    /// Whether an exchange of which every byte is there is reported so.
    fn is_exact(&self, e: &Exchange, rows: &[Row]) -> bool {
        let Some(row) = rows.iter().find(|row| row.target.as_ref() == Some(&e.target)) else {
            return false;
        };
        let kept = |body: &[u8]| Some(body[..body.len().min(16 * 1024)].to_vec());
        let kept = |body: &[u8]| kept(body).filter(|kept| !kept.is_empty());
        row.completeness == "complete"
            && row.gap_bytes == 0
            && row.oddities.is_empty()
            && row.error.is_none()
            && row.status == Some(e.status)
            && row.id == e.id
            && row.method.as_ref() == Some(&e.method)
            && row.request_bytes == Some(e.request_body.len() as i64)
            && row.response_bytes == Some(e.response_body.len() as i64)
            && row.request_body == kept(&e.request_body)
            && row.response_body == kept(&e.response_body)
            && row.ttfb.is_some()
            && row.duration.is_some()
    }

    /// Whether an exchange that lacks bytes says so, as far as anything is left of it.
    fn is_marked(&self, e: &Exchange, rows: &[Row]) -> bool {
        let has_head = |side: usize| self.has(e, side, &e.heads[side]);
        let asked = rows.iter().find(|row| row.target.as_ref() == Some(&e.target));
        let said = rows.iter().find(|row| row.id == e.id);
        let is_told = |row: Option<&Row>| row.is_some_and(|row| row.completeness != "complete");
        (!has_head(CLIENT) || is_told(asked)) && (!has_head(SERVER) || is_told(said))
    }
}

/// Drops packets and checks what is reported of the others.
fn try_loss(frames: &[Frame], truth: &Truth, percent: f64, seed: u64, style: Style) -> Tally {
    let mut random = Random::new(seed);
    let kept: Vec<bool> = frames.iter().map(|_| !random.chance(percent)).collect();
    let left = frames.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(frame, _)| frame);
    let mut rows: HashMap<Client, Vec<Row>> = HashMap::new();
    for row in observe(left) {
        rows.entry(row.client.clone()).or_default().push(row);
    }
    let name = format!("{style:?}, {percent} % dropped, seed {seed}");
    let trial = Trial { truth, kept, name };
    let mut tally = Tally::default();
    for (client, exchanges) in &truth.exchanges {
        // Of a client that pipelines, what came before following began in the middle may still
        // be answered; nothing tells.
        if style != Style::Alternating && !truth.has_beginning(client, &trial.kept) {
            continue;
        }
        let rows = rows.get(client).map_or(&[][..], Vec::as_slice);
        trial.check_rows(rows, exchanges);
        for e in exchanges {
            let is_exact = trial.is_exact(e, rows);
            if trial.is_untouched(e) {
                tally.untouched += 1;
                tally.exact += usize::from(is_exact);
                assert!(
                    is_exact || trial.is_in_doubt(e, rows) || style != Style::Alternating,
                    "{}: neither exact nor in doubt: {} {:?}",
                    trial.name,
                    e.target,
                    e.ranges
                );
            } else {
                let is_marked = trial.is_marked(e, rows);
                tally.touched += 1;
                tally.marked += usize::from(is_marked);
                assert!(
                    is_marked || style != Style::Alternating,
                    "{}: not marked: {} {:?}",
                    trial.name,
                    e.target,
                    e.ranges
                );
            }
        }
    }
    tally
}

fn run(style: Style) -> Tally {
    let mut all = Tally::default();
    for which in 1..=2 {
        let frames = capture(style, 60, which);
        let truth = Truth::of(&frames);
        let whole = try_loss(&frames, &truth, 0.0, 0, style);
        assert_eq!((whole.exact, whole.touched), (whole.untouched, 0));
        for (percent, seed) in
            style.percents().iter().copied().flat_map(|p| (1..=4).map(move |s| (p, s)))
        {
            all = all.and(try_loss(&frames, &truth, percent, seed, style));
        }
    }
    assert!(all.untouched > 1000 && all.touched > 500, "{all:?}: too little was tried");
    all
}

#[test]
fn clients_that_wait_for_each_answer() {
    let all = run(Style::Alternating);
    assert_eq!(all.marked, all.touched);
    assert!(all.untouched - all.exact <= all.untouched / 1000, "{all:?}");
}

#[test]
fn clients_that_send_in_bursts() {
    run(Style::Bursts);
}

#[test]
fn clients_that_keep_requests_on_their_way() {
    run(Style::Overlapping);
}
