//! What commands and replies come to.

use std::collections::VecDeque;

use crate::limits::{SMTP_EXTENSIONS, SMTP_LINE, SMTP_WAITING};
use crate::proto::facts::{Facts, lossy};
use crate::proto::talk::{Expected, Next, Reply, Session, verb};

/// What a command is, as far as its reply counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Hello,
    StartTls,
    Auth,
    Mail,
    Recipient,
    /// A mail's content is to come.
    Data,
    /// A mail's content has come, or a part of it; `is_last`: the mail is whole.
    Content {
        is_last: bool,
    },
    Other,
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Smtp {
    /// Commands without a reply, the oldest first.
    waiting: VecDeque<Command>,
    /// What the client sends next, if not a command.
    expected: Option<Expected>,
    has_replied: bool,
    server_name: Option<String>,
    client_name: Option<String>,
    extensions: Vec<String>,
    start_tls: Option<&'static str>,
    mechanism: Option<String>,
    auth_reply: Option<u16>,
    /// Accepted and refused.
    mails: [u64; 2],
    recipients: [u64; 2],
    last_reply: Option<u16>,
}

impl Session for Smtp {
    const LINE: usize = SMTP_LINE;
    const IS_FREE: bool = false;

    fn command(&mut self, line: &[u8]) -> Next {
        let (verb, rest) = verb(line).unwrap_or_default();
        let command = match verb.as_str() {
            "EHLO" | "HELO" => {
                self.client_name = first_word(rest);
                Command::Hello
            }
            "STARTTLS" => {
                self.start_tls = Some("asked");
                Command::StartTls
            }
            "AUTH" => {
                let mechanism = first_word(rest).map(|word| word.to_ascii_uppercase());
                self.mechanism = mechanism.filter(|word| is_mechanism(word));
                self.auth_reply = None;
                Command::Auth
            }
            "MAIL" => Command::Mail,
            "RCPT" => Command::Recipient,
            "DATA" => Command::Data,
            "BDAT" => return self.chunk(rest),
            _ => Command::Other,
        };
        self.wait(command)
    }

    fn reply(&mut self, reply: &Reply<'_>) -> Next {
        let greets = !self.has_replied && matches!(reply.code, 220 | 421 | 554);
        if greets {
            return self.greeted(reply);
        }
        self.has_replied = true;
        self.last_reply = Some(reply.code);
        let command = self.waiting.front().copied();
        if command == Some(Command::Hello) && reply.is_success() {
            self.extend(reply);
        }
        if !reply.is_last {
            return Next::Goes;
        }
        self.waiting.pop_front();
        match command {
            None | Some(Command::Other | Command::Hello) => {}
            Some(Command::StartTls) => {
                let is_agreed = reply.code == 220;
                self.start_tls = Some(if is_agreed { "accepted" } else { "refused" });
                if is_agreed {
                    return Next::Switches;
                }
            }
            Some(Command::Auth) if reply.code == 334 => {
                self.expected = Some(Expected::Secret);
                self.waiting.push_front(Command::Auth);
            }
            Some(Command::Auth) => {
                self.expected = None;
                self.auth_reply = Some(reply.code);
            }
            Some(Command::Mail) => self.mails[1] += u64::from(reply.is_failure()),
            Some(Command::Recipient) => count(&mut self.recipients, reply),
            Some(Command::Data) if reply.code == 354 => {
                self.expected = Some(Expected::Content);
                self.waiting.push_front(Command::Content { is_last: true });
            }
            Some(Command::Data) => self.mails[1] += u64::from(reply.is_failure()),
            Some(Command::Content { is_last }) => {
                // Where its end was lost, this tells it.
                if self.expected == Some(Expected::Content) {
                    self.expected = None;
                }
                if is_last {
                    count(&mut self.mails, reply);
                }
            }
        }
        Next::Goes
    }

    fn expected(&self) -> Expected {
        self.expected.unwrap_or(Expected::Command)
    }

    fn came(&mut self, bytes: u64) {
        self.expected = match self.expected {
            Some(Expected::Chunk(left)) if left > bytes => Some(Expected::Chunk(left - bytes)),
            _ => None,
        };
    }

    fn facts(&self, is_whole: bool) -> Facts {
        let mut facts = Facts::default();
        facts
            .text("protocol", Some("smtp"))
            .text("server_name", self.server_name.as_deref())
            .text("client_name", self.client_name.as_deref())
            .list("extensions", &self.extensions)
            .text("starttls", self.start_tls)
            .text("auth_mechanism", self.mechanism.as_deref())
            .number("auth_reply", self.auth_reply)
            .count("mails_accepted", self.mails[0])
            .count("mails_refused", self.mails[1])
            .count("recipients_accepted", self.recipients[0])
            .count("recipients_refused", self.recipients[1])
            .number("last_reply", self.last_reply)
            .flag("incomplete", (!is_whole).then_some(true));
        facts
    }

    fn memory(&self) -> usize {
        let texts = [&self.server_name, &self.client_name, &self.mechanism];
        texts.into_iter().flatten().chain(&self.extensions).map(String::capacity).sum::<usize>()
            + self.extensions.capacity() * size_of::<String>()
            + self.waiting.capacity() * size_of::<Command>()
    }
}

impl Smtp {
    fn wait(&mut self, command: Command) -> Next {
        if self.waiting.len() >= SMTP_WAITING {
            return Next::Lost;
        }
        self.waiting.push_back(command);
        Next::Goes
    }

    /// `BDAT length [LAST]`, which the bytes follow without waiting (RFC 3030 section 2).
    fn chunk(&mut self, rest: &[u8]) -> Next {
        let mut words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let length = words.next().and_then(|word| core::str::from_utf8(word).ok()?.parse().ok());
        let Some(length) = length else { return self.wait(Command::Other) };
        let is_last = words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"LAST"));
        self.expected = (length > 0).then_some(Expected::Chunk(length));
        self.wait(Command::Content { is_last })
    }

    /// The reply that begins a connection.
    fn greeted(&mut self, reply: &Reply<'_>) -> Next {
        if reply.is_first && reply.code == 220 {
            self.server_name = first_word(reply.text);
        }
        self.has_replied = reply.is_last;
        self.last_reply = Some(reply.code);
        Next::Goes
    }

    /// A line of the answer to EHLO: the first has the server's name, the others an extension each.
    fn extend(&mut self, reply: &Reply<'_>) {
        if reply.is_first {
            self.extensions.clear();
            if self.server_name.is_none() {
                self.server_name = first_word(reply.text);
            }
        } else if self.extensions.len() < SMTP_EXTENSIONS {
            self.extensions.push(lossy(reply.text.trim_ascii()));
        }
    }
}

fn count(counts: &mut [u64; 2], reply: &Reply<'_>) {
    counts[0] += u64::from(reply.is_success());
    counts[1] += u64::from(reply.is_failure());
}

fn first_word(text: &[u8]) -> Option<String> {
    text.split(|byte| *byte == b' ').find(|word| !word.is_empty()).map(lossy)
}

/// A name of SASL (RFC 4422 section 3.1): anything else may be what was meant to be secret.
fn is_mechanism(word: &str) -> bool {
    let is_letter =
        |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=20).contains(&word.len()) && word.bytes().all(is_letter)
}
