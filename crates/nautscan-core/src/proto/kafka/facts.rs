//! What is gathered of a message while it is read, and how a row says it.

use std::collections::HashMap;

use super::errors;
use super::field::What;
use super::read::{Batch, Told};
use crate::event::Exchange;
use crate::limits::{KAFKA_LISTED, KAFKA_TOPIC_IDS};
use crate::proto::keys;

/// Topics in a target at most.
const IN_TARGET: usize = 3;

/// Names of topics by their ids, as answers gave them.
#[derive(Debug, Default)]
pub(super) struct Ids(HashMap<[u8; 16], Vec<u8>>);

impl Ids {
    /// Remembers those, while there is room.
    pub(super) fn learn(&mut self, named: Vec<([u8; 16], Vec<u8>)>) {
        for (id, name) in named {
            if self.0.len() < KAFKA_TOPIC_IDS || self.0.contains_key(&id) {
                self.0.insert(id, name);
            }
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let names: usize = self.0.values().map(Vec::capacity).sum();
        names + self.0.capacity() * size_of::<([u8; 16], Vec<u8>)>()
    }
}

/// What one message says.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The first topics and how many there are.
    topics: Vec<Name>,
    topic_count: u64,
    /// Grouping forms of topics, or of what else was asked for; of how many others the form is not among them.
    forms: Vec<Vec<u8>>,
    others: u64,
    /// What was named last.
    topic: Option<Name>,
    partition: Option<i64>,
    partitions: u64,
    /// An error of what is named next.
    early: Option<i16>,
    errors: Vec<String>,
    error_count: u64,
    /// The first that is none of 0; 0: all are.
    pub(super) error: Option<i16>,
    error_message: Option<String>,
    /// The latest error code is one.
    is_failure: bool,
    throttle: Option<i64>,
    pub(super) acks: Option<i64>,
    generation: Option<i64>,
    group: Option<Vec<u8>>,
    member: Option<Vec<u8>>,
    transactional_id: Option<Vec<u8>>,
    mechanism: Option<Vec<u8>>,
    software: Vec<String>,
    record_bytes: Option<u64>,
    batches: u64,
    /// `None`: some are within what is compressed.
    records: Option<u64>,
    compression: Option<u8>,
    is_mixed: bool,
    /// Topics with their ids.
    pub(super) named: Vec<([u8; 16], Vec<u8>)>,
}

/// A topic's name, or its id where that is not known.
#[derive(Debug, Clone)]
struct Name {
    text: Vec<u8>,
    is_id: bool,
}

impl Name {
    fn form(&self) -> Vec<u8> {
        if self.is_id { self.text.clone() } else { keys::topic(&self.text, b'.') }
    }
}

impl Facts {
    /// Takes a value. `is_asked`: of a request, whose topics are what it is about.
    pub(super) fn take(&mut self, told: Told<'_>, is_asked: bool, ids: &Ids) {
        match told {
            Told::Number(what, number) => self.number(what, number),
            Told::Text(What::Topic, text) => {
                self.topic = None;
                if let Some(text) = text {
                    self.named(Name { text: text.to_vec(), is_id: false }, is_asked);
                }
            }
            Told::Text(what, text) => self.text(what, text.unwrap_or_default()),
            // Who has the name gives no id.
            Told::Id(_, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) => {}
            Told::Id(what, id) => self.id(what, id, is_asked, ids),
            Told::Records(bytes) => {
                *self.record_bytes.get_or_insert(0) += bytes;
                self.records.get_or_insert(0);
            }
            Told::Batch(batch) => self.batch(batch),
        }
    }

    fn number(&mut self, what: What, number: i64) {
        match what {
            What::Partition => {
                self.partition = Some(number);
                self.partitions += 1;
                self.settle_early();
            }
            What::Generation => self.generation = Some(number),
            What::Acks => self.acks = Some(number),
            What::Throttle => self.throttle = Some(number),
            What::Error => self.failed(number, true),
            What::WholeError | What::VersionsError => self.failed(number, false),
            What::EarlyError => self.early = i16::try_from(number).ok(),
            _ => {}
        }
    }

    fn text(&mut self, what: What, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        let owned = || Some(text.to_vec());
        match what {
            What::Group => {
                self.form(keys::pattern(text));
                self.group = owned();
            }
            What::Key => self.form(keys::pattern(text)),
            What::TransactionalId => self.transactional_id = owned(),
            What::Member => self.member = owned(),
            What::Mechanism => self.mechanism = owned(),
            What::Software | What::SoftwareVersion => self.software.push(shown(text)),
            // Servers explain what went well, too: `NONE`.
            What::ErrorMessage if self.is_failure && self.error_message.is_none() => {
                self.error_message = Some(shown(text));
            }
            _ => {}
        }
    }

    fn id(&mut self, what: What, id: [u8; 16], is_asked: bool, ids: &Ids) {
        match (what, &self.topic) {
            (What::IdOfTopic, Some(topic)) => {
                if self.named.len() < KAFKA_TOPIC_IDS {
                    self.named.push((id, topic.text.clone()));
                }
            }
            _ => self.named(of_id(id, ids), is_asked),
        }
    }

    fn named(&mut self, name: Name, is_asked: bool) {
        if is_asked {
            if self.topic_count == 0 {
                // What a group was asked for has the topics as target.
                self.forms.clear();
            }
            self.topic_count += 1;
            if self.topics.len() < KAFKA_LISTED {
                self.topics.push(name.clone());
            }
            self.form(name.form());
        }
        self.partition = None;
        self.topic = Some(name);
        self.settle_early();
    }

    fn form(&mut self, form: Vec<u8>) {
        if self.forms.contains(&form) {
            return;
        }
        if self.forms.len() < IN_TARGET {
            self.forms.push(form);
        } else {
            self.others += 1;
        }
    }

    fn settle_early(&mut self) {
        if let Some(code) = self.early.take() {
            self.failed(i64::from(code), true);
        }
    }

    /// An error code, of the topic and partition named last or of the whole.
    fn failed(&mut self, code: i64, is_of_named: bool) {
        let Ok(code) = i16::try_from(code) else { return };
        self.error = self.error.filter(|first| *first != 0).or(Some(code));
        self.is_failure = code != 0;
        if code == 0 {
            return;
        }
        self.error_count += 1;
        if self.errors.len() == KAFKA_LISTED {
            return;
        }
        let name = match errors::name(code) {
            "error response" => code.to_string(),
            name => name.to_owned(),
        };
        let topic = self.topic.as_ref().filter(|_| is_of_named);
        self.errors.push(match (topic.map(Name::form), self.partition) {
            (None, _) => name,
            (Some(topic), None) => format!("{}: {name}", String::from_utf8_lossy(&topic)),
            (Some(topic), Some(partition)) => {
                format!("{}[{partition}]: {name}", String::from_utf8_lossy(&topic))
            }
        });
    }

    fn batch(&mut self, batch: Batch) {
        self.batches += 1;
        self.records = match (self.records, batch.records) {
            (Some(before), Some(more)) => Some(before + u64::from(more)),
            _ => None,
        };
        self.is_mixed |= self.compression.is_some_and(|before| before != batch.compression);
        self.compression = Some(batch.compression);
    }

    /// Tells a request.
    pub(super) fn ask(&self, exchange: &mut Exchange) {
        exchange.target = self.target();
        let list = |names: &[Name], count: u64| {
            let texts: Vec<_> = names.iter().map(|name| shown(&name.text)).collect();
            listed(&texts, count)
        };
        let text = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(shown);
        let detail = [
            ("topics", list(&self.topics, self.topic_count)),
            ("partitions", (self.partitions > 0).then(|| self.partitions.to_string())),
            (
                "acks",
                self.acks.map(|acks| if acks == -1 { "all".into() } else { acks.to_string() }),
            ),
            ("group", text(&self.group)),
            ("generation", self.generation.map(|number| number.to_string())),
            ("member", text(&self.member)),
            ("transactional_id", text(&self.transactional_id)),
            ("mechanism", text(&self.mechanism)),
            ("software", (!self.software.is_empty()).then(|| self.software.join(" "))),
        ];
        add(exchange, detail);
        self.records(exchange);
    }

    /// Tells an answer, of which all was read or not.
    pub(super) fn answer(&self, exchange: &mut Exchange, is_whole: bool) {
        exchange.status = self.error.filter(|code| *code != 0 || is_whole).map(i32::from);
        exchange.error = self.error.filter(|code| *code != 0).map(errors::name);
        let throttle = self.throttle.filter(|time| *time > 0).map(|time| time.to_string());
        // What a request says already is not said again.
        let is_new = |name: &str| exchange.detail.iter().all(|pair| pair.0 != name);
        let text = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(shown);
        let detail = [
            ("generation", self.generation.filter(|_| is_new("generation")).map(|n| n.to_string())),
            ("member", text(&self.member).filter(|_| is_new("member"))),
            ("errors", listed(&self.errors, self.error_count)),
            ("error_message", self.error_message.clone()),
            ("throttle_ms", throttle),
        ];
        add(exchange, detail);
        self.records(exchange);
    }

    fn target(&self) -> Option<Vec<u8>> {
        let other = [&self.mechanism, &self.transactional_id].into_iter().flatten().next();
        if self.forms.is_empty() {
            // Topics come behind a transaction's name.
            return other.map(|text| keys::pattern(text));
        }
        let mut target = self.forms.join(&b", "[..]);
        if self.others > 0 {
            target.extend_from_slice(format!(" and {} more", self.others).as_bytes());
        }
        Some(target)
    }

    fn records(&self, exchange: &mut Exchange) {
        let Some(bytes) = self.record_bytes.filter(|bytes| *bytes > 0) else { return };
        let compression = self.compression.map(|number| match (self.is_mixed, number) {
            (true, _) => "mixed",
            (_, 0) => "none",
            (_, 1) => "gzip",
            (_, 2) => "snappy",
            (_, 3) => "lz4",
            (_, 4) => "zstd",
            _ => "unknown",
        });
        let detail = [
            ("records", self.records.map(|count| count.to_string())),
            ("batches", Some(self.batches.to_string())),
            ("record_bytes", Some(bytes.to_string())),
            ("compression", compression.map(str::to_owned)),
        ];
        add(exchange, detail);
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let names = self.topics.iter().map(|name| name.text.capacity());
        let forms = self.forms.iter().map(Vec::capacity);
        let errors = self.errors.iter().map(String::capacity);
        let named = self.named.iter().map(|(_, name)| name.capacity() + 48);
        names.chain(forms).chain(errors).chain(named).sum()
    }
}

fn add<const N: usize>(exchange: &mut Exchange, detail: [(&'static str, Option<String>); N]) {
    exchange.detail.extend(detail.into_iter().filter_map(|(name, value)| Some((name, value?))));
}

/// The first of so many.
fn listed(first: &[String], count: u64) -> Option<String> {
    let more = count - first.len() as u64;
    let list = first.join(", ");
    match (count, more) {
        (0, _) => None,
        (_, 0) => Some(list),
        _ => Some(format!("{list} and {more} more")),
    }
}

/// The topic that an id stands for, or the id.
fn of_id(id: [u8; 16], ids: &Ids) -> Name {
    if let Some(name) = ids.0.get(&id) {
        return Name { text: name.clone(), is_id: false };
    }
    let hex: Vec<_> = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [&hex[..4], &hex[4..6], &hex[6..8], &hex[8..10], &hex[10..]];
    Name { text: parts.map(|part| part.concat()).join("-").into_bytes(), is_id: true }
}

pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
