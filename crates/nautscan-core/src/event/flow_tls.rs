//! The columns of `flows` that tell of TLS.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::BooleanBuilder;

use super::column::{Column, Kind, maybe};
use super::handshake::{Certificate, Handshake};
use super::sized::{StringBuilder, TimestampNanosecondBuilder};
use crate::proto::Side;
use crate::proto::tls::names;

/// Columns in order.
pub(super) const COLUMNS: [Column; 14] = [
    maybe(
        "server_name",
        Kind::Text,
        "Name of the server as the client stated it in its hello of TLS or QUIC (SNI). Null where none was seen.",
    ),
    maybe(
        "tls_version",
        Kind::Text,
        "Version of TLS that the server chose: `TLSv1.3`, `TLSv1.2`, `TLSv1.1`, `TLSv1.0`, `SSLv3`, or the number. Null, as all of these, where no TLS handshake was seen; and where the server's hello was not.",
    ),
    maybe(
        "tls_cipher",
        Kind::Text,
        "Cipher suite that the server chose, by its IANA name, or the number. Null where its hello was not seen.",
    ),
    maybe(
        "tls_alpn",
        Kind::Text,
        "Application protocol that the server chose (ALPN), e.g. `h2`. Null where it chose none, and from TLS 1.3 on and in QUIC, where that is encrypted.",
    ),
    maybe(
        "tls_alpn_offered",
        Kind::Text,
        "Application protocols that the client offered (ALPN), joined by commas. Null where it offered none.",
    ),
    maybe(
        "tls_resumed",
        Kind::Bool,
        "Whether the server took up an earlier session, or another key that both knew before, in place of showing a certificate. Null where that was not seen.",
    ),
    maybe("tls_ja3", Kind::Text, "JA3 of the client's first hello: MD5, 32 hexadecimal digits."),
    maybe(
        "tls_ja4",
        Kind::Text,
        "JA4 of the client's first hello; `q` begins it where that came in QUIC.",
    ),
    maybe(
        "tls_certificate_subject",
        Kind::Text,
        "Subject of the server's certificate (RFC 4514: the common name mostly first). Null where none was shown (a session was resumed), from TLS 1.3 on, where it is encrypted, and where it could not be read.",
    ),
    maybe("tls_certificate_issuer", Kind::Text, "Its issuer, likewise."),
    maybe(
        "tls_certificate_not_before",
        Kind::Time,
        "When its validity begins. Null likewise, and before 1677.",
    ),
    maybe(
        "tls_certificate_not_after",
        Kind::Time,
        "When its validity ends. Null likewise, and after 2262: the year 9999 says that it does not end.",
    ),
    maybe(
        "tls_alert",
        Kind::Text,
        "Alert that was sent in clear, by its name in RFC 8446, e.g. `handshake_failure`, or the number: the first fatal one, or else the first. Null where none was; most alerts of TLS 1.3 are encrypted.",
    ),
    maybe("tls_alert_from", Kind::Text, "Who sent it: `client` or `server`."),
];

/// Gathers their values.
#[derive(Default)]
pub(super) struct TlsColumns {
    /// Server name, version, cipher, ALPN chosen and offered.
    texts: [StringBuilder; 5],
    resumed: BooleanBuilder,
    ja3: StringBuilder,
    ja4: StringBuilder,
    /// Subject and issuer.
    names: [StringBuilder; 2],
    /// Not before and not after.
    validity: [TimestampNanosecondBuilder; 2],
    alert: StringBuilder,
    alert_from: StringBuilder,
}

impl TlsColumns {
    /// The values of one row.
    #[inline]
    pub(super) fn push(&mut self, handshake: Option<&Handshake>) {
        match handshake {
            None => self.push_null(),
            Some(handshake) => self.push_known(handshake),
        }
    }

    fn push_null(&mut self) {
        self.texts.iter_mut().for_each(|text| text.append_null());
        self.resumed.append_null();
        self.ja3.append_null();
        self.ja4.append_null();
        self.push_certificate(None);
        self.alert.append_null();
        self.alert_from.append_null();
    }

    #[cold]
    fn push_known(&mut self, known: &Handshake) {
        let (version, cipher) =
            (known.version.map(names::version), known.cipher.map(names::cipher));
        let texts = [
            known.server_name.as_deref(),
            version.as_deref(),
            cipher.as_deref(),
            known.alpn.as_deref(),
            known.alpn_offered.as_deref(),
        ];
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_option(text);
        }
        self.resumed.append_option(known.resumed);
        self.ja3.append_option(known.ja3.map(|digest| {
            digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
        }));
        self.ja4.append_option(known.ja4.as_deref());
        self.push_certificate(known.certificate.as_ref());
        self.alert.append_option(known.alert.map(|alert| names::alert(alert.description)));
        self.alert_from.append_option(known.alert.map(|alert| match alert.side {
            Side::Client => "client",
            Side::Server => "server",
        }));
    }

    fn push_certificate(&mut self, certificate: Option<&Certificate>) {
        let [subject, issuer] = &mut self.names;
        subject.append_option(certificate.map(|known| known.subject.as_str()));
        issuer.append_option(certificate.map(|known| known.issuer.as_str()));
        let [before, after] = &mut self.validity;
        before.append_option(certificate.and_then(|known| known.not_before));
        after.append_option(certificate.and_then(|known| known.not_after));
    }

    /// The columns; the builders are empty after it.
    pub(super) fn finish(&mut self) -> Vec<ArrayRef> {
        let text = |builder: &mut StringBuilder| Arc::new(builder.finish()) as ArrayRef;
        let mut columns: Vec<ArrayRef> = self.texts.iter_mut().map(text).collect();
        columns.push(Arc::new(self.resumed.finish()));
        columns.push(text(&mut self.ja3));
        columns.push(text(&mut self.ja4));
        columns.extend(self.names.iter_mut().map(text));
        columns.extend(self.validity.iter_mut().map(|time| Arc::new(time.finish()) as ArrayRef));
        columns.push(text(&mut self.alert));
        columns.push(text(&mut self.alert_from));
        columns
    }
}
