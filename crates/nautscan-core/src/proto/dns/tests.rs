//! Dialogues: what is said, and the rows that come of it.

mod datagrams;
mod stream;

use crate::event::{Exchange, Naming};
use crate::proto::Sink;

/// What came out, as text: a row is method, target, outcome and what is odd.
#[derive(Default)]
struct Told {
    rows: Vec<String>,
    exchanges: Vec<Exchange>,
    names: Vec<String>,
    errors: u32,
}

impl Sink for Told {
    fn exchange(&mut self, exchange: &Exchange) {
        let text = |bytes: &Option<Vec<u8>>| match bytes {
            Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            None => "-".to_owned(),
        };
        let outcome = match exchange.status {
            Some(status) => status.to_string(),
            None => "-".to_owned(),
        };
        let parts = [
            text(&exchange.method),
            text(&exchange.target),
            outcome,
            exchange.completeness.name().to_owned(),
            exchange.error.unwrap_or("-").to_owned(),
            exchange.oddities.join(","),
        ];
        self.rows.push(parts.join(" ").trim_end().to_owned());
        self.exchanges.push(exchange.clone());
    }
    fn parse_error(&mut self) {
        self.errors += 1;
    }
    fn name(&mut self, naming: &Naming<'_>) {
        let ttl = naming.ttl_s.map_or(-1, i64::from);
        self.names.push(format!("{} {} {ttl}", naming.ip, naming.name));
    }
}

impl Told {
    fn detail(&self, row: usize, name: &str) -> Option<&str> {
        let detail = &self.exchanges[row].detail;
        detail.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str())
    }
}
