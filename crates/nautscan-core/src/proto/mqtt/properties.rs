//! Properties of MQTT 5 (section 2.2.2), and the reader of fields below all packets.

use crate::event::Headers;
use crate::limits::MQTT_TEXT;

/// Takes fields off the front of bytes. `None`: they end before the field does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }
    pub(super) fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }
    pub(super) fn long(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
    /// Text or binary data with its length before it.
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.short()?;
        self.take(usize::from(length))
    }
    /// A number of one to four bytes (section 1.5.5).
    pub(super) fn varying(&mut self) -> Option<u32> {
        let mut number = 0;
        for at in 0..4 {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

/// What the properties of a packet say.
#[derive(Debug, Default)]
pub(super) struct Properties {
    /// User properties, in order.
    pub(super) user: Headers,
    pub(super) content_type: Option<Vec<u8>>,
    pub(super) topic_alias: Option<u16>,
    pub(super) detail: Vec<(&'static str, String)>,
}

/// The form of a value.
enum Value<'a> {
    Number(u32),
    Text(&'a [u8]),
    Pair(&'a [u8], &'a [u8]),
}

impl Properties {
    /// Reads the properties that come next. `None`: they are not as they ought to be, or not whole.
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let length = fields.varying()?;
        let mut fields = Fields(fields.take(usize::try_from(length).ok()?)?);
        let mut properties = Self::default();
        while !fields.0.is_empty() {
            let id = fields.byte()?;
            let value = value(id, &mut fields)?;
            properties.add(id, value)?;
        }
        Some(properties)
    }

    /// `None`: what is said once at most was said before.
    fn add(&mut self, id: u8, value: Value<'_>) -> Option<()> {
        match (id, value) {
            (3, Value::Text(text)) => once(&mut self.content_type, text.to_vec())?,
            (35, Value::Number(alias)) => once(&mut self.topic_alias, u16::try_from(alias).ok()?)?,
            (_, Value::Pair(name, value)) => self.user.push(name, value),
            (9, Value::Text(data)) => {
                let hex = data.iter().take(16).map(|byte| format!("{byte:02x}"));
                self.say("correlation_data", hex.collect())?;
            }
            // Of each subscription that a message is for.
            (11, Value::Number(number)) => {
                match self.detail.iter_mut().find(|it| it.0 == SUBSCRIBED) {
                    Some((_, text)) if text.len() < MQTT_TEXT => {
                        text.push_str(&format!(", {number}"))
                    }
                    Some(_) => {}
                    None => self.detail.push((SUBSCRIBED, number.to_string())),
                }
            }
            (id, Value::Number(number)) => {
                if let Some(name) = number_name(id) {
                    self.say(name, number.to_string())?;
                }
            }
            (id, Value::Text(text)) => {
                if let Some(name) = text_name(id) {
                    self.say(name, shown(text))?;
                }
            }
        }
        Some(())
    }

    fn say(&mut self, name: &'static str, value: String) -> Option<()> {
        let is_new = self.detail.iter().all(|(said, _)| *said != name);
        is_new.then(|| self.detail.push((name, value)))
    }
}

/// Fills a slot that nothing has filled.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

fn value<'a>(id: u8, fields: &mut Fields<'a>) -> Option<Value<'a>> {
    Some(match id {
        1 | 23 | 25 | 36 | 37 | 40..=42 => Value::Number(fields.byte()?.into()),
        19 | 33..=35 => Value::Number(fields.short()?.into()),
        2 | 17 | 24 | 39 => Value::Number(fields.long()?),
        11 => Value::Number(fields.varying()?),
        3 | 8 | 9 | 18 | 21 | 22 | 26 | 28 | 31 => Value::Text(fields.text()?),
        38 => Value::Pair(fields.text()?, fields.text()?),
        _ => return None,
    })
}

/// Name of the property that names a subscription.
const SUBSCRIBED: &str = "subscription_identifier";

fn number_name(id: u8) -> Option<&'static str> {
    Some(match id {
        1 => "payload_format",
        2 => "message_expiry_s",
        17 => "session_expiry_s",
        19 => "server_keep_alive_s",
        33 => "receive_maximum",
        34 => "topic_alias_maximum",
        36 => "maximum_qos",
        37 => "retain_available",
        39 => "maximum_packet_size",
        _ => return None,
    })
}

/// Authentication data (22) is never shown.
fn text_name(id: u8) -> Option<&'static str> {
    Some(match id {
        8 => "response_topic",
        18 => "assigned_client_id",
        21 => "authentication_method",
        28 => "server_reference",
        31 => "error_message",
        _ => return None,
    })
}

/// The beginning of a text.
pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(MQTT_TEXT)]).into_owned()
}
