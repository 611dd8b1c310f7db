//! What belongs together: packets and their acknowledgements.
//!
//! An acknowledgement names what it acknowledges, so that order does not matter. What a client
//! publishes is a request with its acknowledgements; what a server delivers is a row without a
//! request, since nobody asked for it, and tells how long the client took to acknowledge it.

use std::collections::HashMap;

use super::oddity::{ID_REUSED, MALFORMED, UNKNOWN_ALIAS, WAITING_OVERFLOW};
use super::packet::{self, Version};
use super::properties::{Fields, Properties};
use super::tell::{self, Outcome, Published, row};
use super::waiting::{Key, Pending, Waiting, give_up, memory, side_seen};
use crate::event::{Completeness, Exchange, Message};
use crate::limits::{MQTT_ALIASES, MQTT_HELD, MQTT_TEXT, MQTT_WAITING};
use crate::proto::frames::{Framed, emit, message};
use crate::proto::{Context, Side};

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    version: Option<Version>,
    /// By who asked.
    waiting: [Waiting; 2],
    /// What each side's topic aliases stand for.
    aliases: [HashMap<u16, Vec<u8>>; 2],
}

/// A packet that this side never sends, or that a connection cannot have.
#[derive(Debug)]
pub(super) struct Misplaced;

impl Session {
    /// A packet that `side` sent. `ended`: when its last byte was captured, if it was.
    pub(super) fn packet(
        &mut self,
        side: Side,
        framed: &Framed<'_>,
        ended: Option<i64>,
        cx: &mut Context<'_>,
    ) -> Result<(), Misplaced> {
        let first = framed.bytes.first().copied().unwrap_or_default();
        let body = framed.body();
        match (first >> 4, side) {
            (packet::CONNECT, Side::Client) => self.connect(framed, ended, cx),
            (packet::CONNACK, Side::Server) => {
                let (outcome, version) = Outcome::connected(body).unwrap_or_default();
                self.version = version.or(self.version);
                self.answer(side, Key::Connect, framed, (outcome, ended, true), cx);
            }
            (packet::PUBLISH, _) => self.publish(side, framed, ended, cx),
            (kind @ (packet::PUBACK..=packet::PUBCOMP), _) => {
                self.acknowledged(side, kind, framed, ended, cx);
            }
            (kind @ (packet::SUBSCRIBE | packet::UNSUBSCRIBE), Side::Client) => {
                self.subscribe(kind, framed, ended, cx);
            }
            (kind @ (packet::SUBACK | packet::UNSUBACK), Side::Server) => {
                self.subscribed(kind, framed, ended, cx);
            }
            (packet::PINGREQ, Side::Client) => {
                let exchange = row("PINGREQ", self.version);
                self.ask(side, Key::Ping, exchange, message(framed, ended), cx);
            }
            (packet::PINGRESP, Side::Server) => {
                self.answer(side, Key::Ping, framed, (Outcome::default(), ended, true), cx);
            }
            (packet::DISCONNECT, _) => self.disconnect(side, framed, ended, cx),
            (packet::AUTH, _) => self.authenticate(side, framed, ended, cx),
            _ => return Err(Misplaced),
        }
        Ok(())
    }

    fn connect(&mut self, framed: &Framed<'_>, ended: Option<i64>, cx: &mut Context<'_>) {
        let mut exchange = row("CONNECT", None);
        let mut request = message(framed, ended);
        let version = tell::connect(&mut exchange, &mut request, framed.body());
        if framed.is_cut() {
            exchange.oddities.clear();
        }
        self.version = version;
        self.aliases = Default::default();
        exchange.gap_bytes = framed.lost;
        self.ask(Side::Client, Key::Connect, exchange, request, cx);
    }

    /// Something of `side` that is acknowledged waits.
    fn ask(
        &mut self,
        side: Side,
        key: Key,
        mut exchange: Exchange,
        half: Message,
        cx: &mut Context<'_>,
    ) {
        match side {
            Side::Client => exchange.request = Some(half),
            Side::Server => exchange.response = Some(half),
        }
        let waiting = &mut self.waiting[side.index()];
        if key.is_single()
            && let Some(mut old) = waiting.position(key).and_then(|at| waiting.remove(at))
        {
            if exchange.detail.iter().all(|(name, _)| *name != "dup") {
                exchange.note(ID_REUSED);
            }
            give_up(&mut old, None);
            emit(old.exchange, side_seen(side), cx);
        }
        let memory = memory(&exchange);
        waiting.held += memory;
        waiting.queue.push_back(Pending { key, exchange, memory, lost: [false; 2] });
        while waiting.queue.len() > MQTT_WAITING || waiting.held > MQTT_HELD {
            let Some(mut oldest) = waiting.remove(0) else { break };
            oldest.exchange.note(WAITING_OVERFLOW);
            emit(oldest.exchange, side_seen(side), cx);
        }
    }

    /// `side` acknowledges; with `is_last` that ends it.
    fn answer(
        &mut self,
        side: Side,
        key: Key,
        framed: &Framed<'_>,
        (outcome, ended, is_last): (Outcome, Option<i64>, bool),
        cx: &mut Context<'_>,
    ) {
        let version = self.version;
        let waiting = &mut self.waiting[side.peer().index()];
        let Some(at) = waiting.position(key) else {
            // What a client acknowledges without a packet that was seen says nothing to anybody.
            if side == Side::Server && is_last {
                let mut exchange = row(key.method(), version);
                exchange.response = Some(message(framed, ended));
                exchange.gap_bytes = framed.lost;
                outcome.join(&mut exchange);
                emit(exchange, Completeness::ResponseOnly, cx);
            }
            return;
        };
        let exchange = &mut waiting.queue[at].exchange;
        exchange.version = version.and_then(Version::name);
        exchange.gap_bytes = exchange.gap_bytes.saturating_add(framed.lost);
        match (&mut exchange.response, side) {
            (Some(response), Side::Server) => {
                response.last_time = ended;
                let more = framed.wire_bytes().unwrap_or(0);
                response.body.bytes = response.body.bytes.map(|bytes| bytes.saturating_add(more));
            }
            (response @ None, Side::Server) => {
                let mut half = message(framed, ended);
                if framed.bytes.first().is_some_and(|first| first >> 4 == packet::PUBCOMP) {
                    // PUBREC came before it, and was not captured.
                    (half.is_begin_lost, half.body.bytes) = (true, None);
                }
                *response = Some(half);
            }
            (Some(delivered), Side::Client) if is_last => {
                let after = ended.map(|at| at.saturating_sub(delivered.first_time));
                exchange.detail.extend(after.map(|ns| ("acknowledged_ns", ns.to_string())));
            }
            _ => {}
        }
        outcome.join(exchange);
        if is_last && let Some(Pending { exchange, .. }) = waiting.remove(at) {
            let is_begin_lost = exchange.response.as_ref().is_some_and(|half| half.is_begin_lost);
            let seen = if is_begin_lost { Completeness::Gap } else { Completeness::Complete };
            emit(exchange, seen, cx);
        }
    }

    fn publish(
        &mut self,
        side: Side,
        framed: &Framed<'_>,
        ended: Option<i64>,
        cx: &mut Context<'_>,
    ) {
        let (first, body) = (framed.bytes[0], framed.body());
        let mut exchange = row("PUBLISH", self.version);
        let mut half = message(framed, ended);
        exchange.gap_bytes = framed.lost;
        exchange.holds_values = true;
        if side == Side::Server {
            exchange.detail.push(("sender", "server".to_owned()));
        }
        tell::flags(&mut exchange, first);
        let id = match Published::read(first, body) {
            Some(published) => {
                self.published(side, &published, &mut exchange, &mut half, (framed, cx))
            }
            None => {
                half.body.truncated = true;
                if !framed.is_cut() {
                    exchange.note(MALFORMED);
                }
                None
            }
        };
        match id {
            Some(id) => self.ask(side, Key::Publish(id), exchange, half, cx),
            None if side == Side::Server => {
                exchange.response = Some(half);
                emit(exchange, Completeness::Complete, cx);
            }
            None => {
                exchange.request = Some(half);
                if first & 0b110 == 0 {
                    exchange.detail.push(("reply", "none wanted".to_owned()));
                }
                emit(exchange, Completeness::RequestOnly, cx);
            }
        }
    }

    /// The fields of PUBLISH; answers its identifier.
    fn published(
        &mut self,
        side: Side,
        published: &Published<'_>,
        exchange: &mut Exchange,
        half: &mut Message,
        (framed, cx): (&Framed<'_>, &Context<'_>),
    ) -> Option<u16> {
        let mut fields = published.fields;
        if published.topic.is_empty() {
            // Only 5 has messages without a topic.
            self.version = Some(Version::Five);
            exchange.version = Some("5");
        }
        let mut alias = None;
        let mut is_payload = matches!(self.version, Some(Version::Old(_)));
        if self.version == Some(Version::Five) {
            match Properties::read(&mut fields) {
                Some(properties) => {
                    alias = properties.topic_alias;
                    tell::describe(exchange, half, properties);
                    is_payload = true;
                }
                None if framed.is_cut() => {}
                None => exchange.note(MALFORMED),
            }
        }
        self.addressed(side, published.topic, alias, exchange);
        if is_payload {
            tell::keep(&mut half.body, fields.0, !framed.is_cut(), cx.settings);
        } else {
            // Where properties end and the payload begins is not known.
            half.body.truncated = !fields.0.is_empty();
        }
        published.id
    }

    /// The topic, or what its alias stands for.
    fn addressed(&mut self, side: Side, topic: &[u8], alias: Option<u16>, exchange: &mut Exchange) {
        let aliases = &mut self.aliases[side.index()];
        match (topic, alias) {
            ([], alias) => match alias.and_then(|alias| aliases.get(&alias)) {
                Some(topic) => tell::address(exchange, topic),
                None => exchange.note(UNKNOWN_ALIAS),
            },
            (topic, None) => tell::address(exchange, topic),
            (topic, Some(alias)) => {
                tell::address(exchange, topic);
                aliases.remove(&alias);
                if aliases.len() < MQTT_ALIASES && topic.len() <= MQTT_TEXT {
                    aliases.insert(alias, topic.to_vec());
                }
            }
        }
    }

    fn acknowledged(
        &mut self,
        side: Side,
        kind: u8,
        framed: &Framed<'_>,
        ended: Option<i64>,
        cx: &mut Context<'_>,
    ) {
        let body = framed.body();
        let Some(id) = Fields(body).short() else { return };
        if kind == packet::PUBREL {
            // It goes the way of what it is about, and says nothing but that.
            return;
        }
        if framed.length > 4 && self.version.is_none() {
            self.version = Some(Version::Five);
        }
        let outcome = if self.version == Some(Version::Five) {
            Outcome::read(&body[2..])
        } else {
            Outcome::default()
        };
        let is_last = kind != packet::PUBREC || outcome.error.is_some();
        self.answer(side, Key::Publish(id), framed, (outcome, ended, is_last), cx);
    }

    fn subscribe(
        &mut self,
        kind: u8,
        framed: &Framed<'_>,
        ended: Option<i64>,
        cx: &mut Context<'_>,
    ) {
        let body = framed.body();
        let has_options = kind == packet::SUBSCRIBE;
        if self.version.is_none() {
            self.version = packet::filters_version(body, has_options);
        }
        let mut exchange = row(tell::method(kind), self.version);
        let mut request = message(framed, ended);
        exchange.gap_bytes = framed.lost;
        let mut fields = Fields(body);
        let id = fields.short();
        if self.version == Some(Version::Five)
            && let Some(properties) = Properties::read(&mut fields)
        {
            tell::describe(&mut exchange, &mut request, properties);
        }
        match packet::filters(fields, has_options) {
            Some(filters) => tell::filters(&mut exchange, &filters),
            None if framed.is_cut() => {}
            None => exchange.note(MALFORMED),
        }
        let id = id.unwrap_or_default();
        let key = if has_options { Key::Subscribe(id) } else { Key::Unsubscribe(id) };
        self.ask(Side::Client, key, exchange, request, cx);
    }

    fn subscribed(
        &mut self,
        kind: u8,
        framed: &Framed<'_>,
        ended: Option<i64>,
        cx: &mut Context<'_>,
    ) {
        let mut fields = Fields(framed.body());
        let Some(id) = fields.short() else { return };
        let is_granted = kind == packet::SUBACK;
        let mut outcome = Outcome::default();
        if self.version == Some(Version::Five) {
            outcome.properties(&mut fields);
        }
        if self.version.is_some() && !fields.0.is_empty() && !outcome.is_malformed {
            let codes = Outcome::codes(fields.0, is_granted);
            outcome.detail.extend(codes.detail);
            (outcome.status, outcome.error) = (codes.status, codes.error);
        }
        let key = if is_granted { Key::Subscribe(id) } else { Key::Unsubscribe(id) };
        self.answer(Side::Server, key, framed, (outcome, ended, true), cx);
    }

    fn disconnect(
        &mut self,
        side: Side,
        framed: &Framed<'_>,
        ended: Option<i64>,
        cx: &mut Context<'_>,
    ) {
        let mut exchange = row("DISCONNECT", self.version);
        exchange.gap_bytes = framed.lost;
        let body = framed.body();
        if !body.is_empty() || self.version == Some(Version::Five) {
            Outcome::read(body).join(&mut exchange);
        }
        let half = Some(message(framed, ended));
        if side == Side::Server {
            exchange.response = half;
            return emit(exchange, Completeness::Complete, cx);
        }
        // Of what the client says of itself nothing is an answer.
        (exchange.request, exchange.status) = (half, None);
        exchange.detail.push(("reply", "none wanted".to_owned()));
        emit(exchange, Completeness::RequestOnly, cx);
    }

    /// Further steps of CONNECT, or of a client that shows again who it is.
    fn authenticate(
        &mut self,
        side: Side,
        framed: &Framed<'_>,
        ended: Option<i64>,
        cx: &mut Context<'_>,
    ) {
        let outcome = Outcome::read(framed.body());
        let asked = &self.waiting[Side::Client.index()];
        let is_connecting = asked.position(Key::Connect).is_some();
        let is_going_on = asked.position(Key::Auth).is_some();
        match side {
            Side::Client if is_connecting || is_going_on => {}
            Side::Client => {
                let exchange = row("AUTH", self.version);
                self.ask(side, Key::Auth, exchange, message(framed, ended), cx);
            }
            Side::Server if is_connecting => {}
            Side::Server => {
                let is_last = outcome.status == Some(0);
                let outcome = if is_last { outcome } else { Outcome::default() };
                self.answer(side, Key::Auth, framed, (outcome, ended, is_last), cx);
            }
        }
    }

    /// Bytes of `side` were lost, and what they were of is not known.
    pub(super) fn lose(&mut self, side: Side, cx: &mut Context<'_>) {
        self.aliases[side.index()].clear();
        for asked in [Side::Client, Side::Server] {
            let waiting = &mut self.waiting[asked.index()];
            for pending in &mut waiting.queue {
                pending.lost[side.index()] = true;
            }
            // Its identifier may have been acknowledged, and used again; a PINGRESP names nothing.
            let is_stale =
                |pending: &Pending| pending.lost == [true; 2] || pending.key == Key::Ping;
            while let Some(at) = waiting.queue.iter().position(is_stale) {
                let Some(mut pending) = waiting.remove(at) else { break };
                give_up(&mut pending, None);
                emit(pending.exchange, side_seen(asked), cx);
            }
        }
    }

    /// Nothing more will come.
    pub(super) fn close(&mut self, error: Option<&'static str>, cx: &mut Context<'_>) {
        for asked in [Side::Client, Side::Server] {
            let waiting = core::mem::take(&mut self.waiting[asked.index()]);
            for mut pending in waiting.queue {
                // A delivery is whole without its acknowledgement.
                let error = error.filter(|_| asked == Side::Client);
                give_up(&mut pending, error);
                emit(pending.exchange, side_seen(asked), cx);
            }
        }
    }

    /// Heap bytes held.
    pub(super) fn memory(&self) -> usize {
        let waiting =
            |waiting: &Waiting| waiting.held + waiting.queue.capacity() * size_of::<Pending>();
        let aliases = |aliases: &HashMap<u16, Vec<u8>>| {
            aliases.values().map(|topic| topic.capacity() + 32).sum::<usize>()
        };
        self.waiting.iter().map(waiting).sum::<usize>()
            + self.aliases.iter().map(aliases).sum::<usize>()
    }
}
