//! Packets as exchanges.

use super::packet::{self, Version};
use super::properties::{Fields, Properties, shown};
use super::reason;
use crate::event::{Body, Exchange, Message};
use crate::proto::http1::trace_id;
use crate::proto::{Settings, keys};

use super::oddity::MALFORMED;

/// What stands in place of a password.
const PASSWORD: &str = "[redacted]";

/// An exchange of a packet that asks for something.
pub(super) fn row(method: &'static str, version: Option<Version>) -> Exchange {
    Exchange {
        protocol: "mqtt",
        version: version.and_then(Version::name),
        method: Some(method.as_bytes().to_vec()),
        ..Exchange::default()
    }
}

/// Adds what properties say.
pub(super) fn describe(exchange: &mut Exchange, message: &mut Message, properties: Properties) {
    exchange.detail.extend(properties.detail);
    exchange.trace_id = properties.user.get(b"traceparent").and_then(trace_id);
    message.headers = properties.user;
    message.content_type = properties.content_type;
}

/// A topic as target and detail.
pub(super) fn address(exchange: &mut Exchange, topic: &[u8]) {
    exchange.target = Some(keys::topic(topic, b'/'));
    exchange.detail.push(("topic", shown(topic)));
}

/// CONNECT: what it says, and the version that it speaks.
pub(super) fn connect(
    exchange: &mut Exchange,
    request: &mut Message,
    body: &[u8],
) -> Option<Version> {
    let mut fields = Fields(body);
    let name = fields.text()?;
    let version = match (name, fields.byte()? & 0x7f) {
        (b"MQIsdp", _) => Version::Old(Some("3.1")),
        (_, 5) => Version::Five,
        _ => Version::Old(Some("3.1.1")),
    };
    exchange.version = version.name();
    if connect_fields(exchange, request, version, fields).is_none() {
        exchange.note(MALFORMED);
    }
    Some(version)
}

fn connect_fields(
    exchange: &mut Exchange,
    request: &mut Message,
    version: Version,
    mut fields: Fields<'_>,
) -> Option<()> {
    let (flags, keep_alive) = (fields.byte()?, fields.short()?);
    let has = |flag: u8| flags & flag != 0;
    let start = if version == Version::Five { "clean_start" } else { "clean_session" };
    exchange.detail.push((start, has(0x02).to_string()));
    exchange.detail.push(("keep_alive_s", keep_alive.to_string()));
    if version == Version::Five {
        describe(exchange, request, Properties::read(&mut fields)?);
    }
    let client = fields.text()?;
    // Without one the server makes it up.
    exchange.target = (!client.is_empty()).then(|| shown(client).into_bytes());
    if has(0x04) {
        if version == Version::Five {
            Properties::read(&mut fields)?;
        }
        exchange.detail.push(("will_topic", shown(fields.text()?)));
        exchange.detail.push(("will_bytes", fields.text()?.len().to_string()));
    }
    let user = if has(0x80) { Some(shown(fields.text()?)) } else { None };
    let has_password = has(0x40) && !fields.text()?.is_empty();
    // Without a password, what stands in the place of the name is often the secret itself: a token.
    let name = if has_password { "user" } else { "login" };
    exchange.detail.extend(user.map(|user| (name, user)));
    if has(0x40) {
        exchange.detail.push(("password", PASSWORD.to_owned()));
    }
    Some(())
}

/// What a packet of acknowledgement says.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) status: Option<i32>,
    pub(super) error: Option<&'static str>,
    pub(super) detail: Vec<(&'static str, String)>,
    pub(super) is_malformed: bool,
}

impl Outcome {
    /// A reason code of MQTT 5.
    pub(super) fn reason(code: u8) -> Self {
        let name = reason::name(code, false);
        let error = (code >= reason::FAILURE).then(|| name.unwrap_or(reason::UNNAMED));
        let shown = name.filter(|_| code != 0).map(|name| ("reason", name.to_owned()));
        Self {
            status: Some(code.into()),
            error,
            detail: shown.into_iter().collect(),
            is_malformed: false,
        }
    }

    /// A code and properties, as PUBACK, DISCONNECT and others end; without them all went well.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut fields = Fields(body);
        let mut outcome = Self::reason(fields.byte().unwrap_or(0));
        if !fields.0.is_empty() {
            outcome.properties(&mut fields);
        }
        outcome
    }

    /// Adds the properties that come next.
    pub(super) fn properties(&mut self, fields: &mut Fields<'_>) {
        match Properties::read(fields) {
            Some(properties) => self.detail.extend(properties.detail),
            None => self.is_malformed = true,
        }
    }

    /// CONNACK, and the version that its form tells.
    pub(super) fn connected(body: &[u8]) -> Option<(Self, Option<Version>)> {
        let mut fields = Fields(body);
        let (flags, code) = (fields.byte()?, fields.byte()?);
        let is_five = !fields.0.is_empty();
        let mut outcome = if is_five {
            let mut outcome = Self::reason(code);
            outcome.properties(&mut fields);
            outcome.detail.iter_mut().for_each(|(name, _)| *name = offered_by_server(name));
            outcome
        } else {
            let name = reason::refused(code).unwrap_or(reason::UNNAMED);
            let error = (code != 0).then_some(name);
            Self { status: Some(code.into()), error, ..Self::default() }
        };
        outcome.detail.insert(0, ("session_present", (flags & 1 != 0).to_string()));
        Some((outcome, is_five.then_some(Version::Five)))
    }

    /// The codes of SUBACK or UNSUBACK, one a topic.
    pub(super) fn codes(codes: &[u8], granted: bool) -> Self {
        /// Codes that are shown.
        const SHOWN: usize = 64;
        let name = |code: &u8| reason::name(*code, granted).unwrap_or(reason::UNNAMED);
        let worst = codes.iter().max();
        let failed = codes.iter().find(|code| **code >= reason::FAILURE);
        let shown: Vec<_> = codes.iter().take(SHOWN).map(name).collect();
        Self {
            status: worst.map(|code| (*code).into()),
            error: failed.map(name),
            detail: vec![("codes", shown.join(", "))],
            is_malformed: false,
        }
    }

    /// Adds it to an exchange. What was said before of the same is replaced; that all went well later
    /// takes back no code that was something else.
    pub(super) fn join(self, exchange: &mut Exchange) {
        let before = exchange.status.filter(|code| *code != 0);
        exchange.status = self.status.filter(|code| *code != 0).or(before).or(self.status);
        exchange.error = self.error.or(exchange.error);
        for (name, value) in self.detail {
            exchange.say(name, value);
        }
        if self.is_malformed {
            exchange.note(MALFORMED);
        }
    }
}

/// Name of a property of CONNACK that CONNECT has too: each side states its own.
fn offered_by_server(name: &'static str) -> &'static str {
    match name {
        "session_expiry_s" => "server_session_expiry_s",
        "receive_maximum" => "server_receive_maximum",
        "maximum_packet_size" => "server_maximum_packet_size",
        "topic_alias_maximum" => "server_topic_alias_maximum",
        other => other,
    }
}

/// SUBSCRIBE or UNSUBSCRIBE: the filters.
pub(super) fn filters(exchange: &mut Exchange, filters: &[(&[u8], Option<u8>)]) {
    /// Filters that are shown.
    const SHOWN: usize = 16;
    let texts = filters.iter().take(SHOWN).map(|(filter, option)| match option {
        Some(option) => format!("{} QoS {}", shown(filter), option & 0b11),
        None => shown(filter),
    });
    let texts: Vec<_> = texts.collect();
    exchange.target = filters.first().map(|(filter, _)| keys::topic(filter, b'/'));
    exchange.detail.push(("topics", texts.join(", ")));
    if filters.len() > SHOWN {
        exchange.detail.push(("topics_total", filters.len().to_string()));
    }
}

/// What PUBLISH says before its payload.
#[derive(Debug)]
pub(super) struct Published<'a> {
    pub(super) topic: &'a [u8],
    pub(super) id: Option<u16>,
    /// What is behind.
    pub(super) fields: Fields<'a>,
}

impl<'a> Published<'a> {
    /// `None`: that is not there.
    pub(super) fn read(first: u8, body: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let topic = fields.text()?;
        let id = if first & 0b110 == 0 { None } else { Some(fields.short()?) };
        Some(Self { topic, id, fields })
    }
}

/// The flags of PUBLISH.
pub(super) fn flags(exchange: &mut Exchange, first: u8) {
    exchange.detail.push(("qos", ((first >> 1) & 0b11).to_string()));
    for (name, flag) in [("retain", 0b1), ("dup", 0b1000)] {
        if first & flag != 0 {
            exchange.detail.push((name, "true".to_owned()));
        }
    }
}

/// Keeps the payload of a message, up to the limit. `whole`: nothing of it is missing in `payload`.
pub(super) fn keep(body: &mut Body, payload: &[u8], whole: bool, settings: &Settings) {
    let kept = &payload[..payload.len().min(settings.body_limit)];
    body.kept = (!kept.is_empty()).then(|| kept.to_vec());
    body.truncated = !whole || kept.len() < payload.len();
}

/// The name of a packet's type.
pub(super) fn method(kind: u8) -> &'static str {
    match kind {
        packet::CONNECT | packet::CONNACK => "CONNECT",
        packet::SUBSCRIBE | packet::SUBACK => "SUBSCRIBE",
        packet::UNSUBSCRIBE | packet::UNSUBACK => "UNSUBSCRIBE",
        packet::PINGREQ | packet::PINGRESP => "PINGREQ",
        packet::DISCONNECT => "DISCONNECT",
        packet::AUTH => "AUTH",
        _ => "PUBLISH",
    }
}
