//! Which protocols are looked for: all, unless a person names some.

use core::fmt;

use super::{DATAGRAM_PROTOCOLS, DatagramProtocol, PROTOCOLS, Protocol, about};

/// The protocols that are looked for, in the order in which they are probed.
#[derive(Clone)]
pub struct Chosen {
    /// Over TCP.
    pub streams: Vec<&'static Protocol>,
    /// Over UDP.
    pub datagrams: Vec<&'static DatagramProtocol>,
    /// Values of the `protocol` column whose rows are told; `None`: all.
    pub shown: Option<Vec<&'static str>>,
}

/// Protocols that are found within others only, or through them: the value of the `protocol` column, and
/// those to be followed for it.
static CARRIED: &[(&str, &[&str])] =
    &[("ftp-data", &["ftp"]), ("grpc", &["http", "http2"]), ("websocket", &["http", "http2"])];

/// Those to be followed for one that is carried.
fn carriers(name: &str) -> Option<&'static [&'static str]> {
    CARRIED.iter().find(|(carried, _)| *carried == name).map(|(_, carriers)| *carriers)
}

/// The value of the `protocol` column of a protocol's rows.
fn column(name: &'static str) -> &'static str {
    if name == "http2" { "http" } else { name }
}

/// A name that no protocol has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownProtocol(pub String);

impl Chosen {
    /// Those of these names, whatever carries them. Where that is a protocol that is not named, it is
    /// followed, but its rows are not told.
    ///
    /// # Errors
    /// The first name that is no protocol's.
    pub fn of<S: AsRef<str>>(names: &[S]) -> Result<Self, UnknownProtocol> {
        let known = about::known();
        let is_known =
            |name: &str| known.iter().any(|known| known.name == name) || carriers(name).is_some();
        if let Some(unknown) = names.iter().find(|name| !is_known(name.as_ref())) {
            return Err(UnknownProtocol(unknown.as_ref().to_owned()));
        }
        let is_named = |name: &str| names.iter().any(|named| named.as_ref() == name);
        let carriers: Vec<_> =
            names.iter().filter_map(|name| carriers(name.as_ref())).flatten().copied().collect();
        let mut chosen = Self::default();
        if !carriers.iter().all(|carrier| is_named(carrier)) {
            let named = known.iter().map(|known| known.name);
            let named = named.chain(CARRIED.iter().map(|(name, _)| *name));
            chosen.shown = Some(named.filter(|name| is_named(name)).map(column).collect());
        }
        let is_followed = |name| is_named(name) || carriers.contains(&name);
        chosen.streams.retain(|protocol| is_followed(protocol.name));
        chosen.datagrams.retain(|protocol| is_followed(protocol.name));
        Ok(chosen)
    }

    /// Whether rows with this `protocol` are told.
    pub fn shows(&self, protocol: &str) -> bool {
        self.shown.as_ref().is_none_or(|shown| shown.contains(&protocol))
    }
}

impl Default for Chosen {
    fn default() -> Self {
        Self {
            streams: PROTOCOLS.iter().collect(),
            datagrams: DATAGRAM_PROTOCOLS.iter().collect(),
            shown: None,
        }
    }
}

impl fmt::Debug for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let streams = self.streams.iter().map(|protocol| protocol.name);
        f.debug_list().entries(streams.chain(self.datagrams.iter().map(|p| p.name))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::datagram::{self, Datagram, Ports};
    use crate::proto::dialogue::Collected;
    use crate::proto::{App, Context, Place, Settings, Side};

    #[test]
    fn a_name_is_of_all_that_carries_it() {
        let chosen = Chosen::of(&["dns"]).expect("it is known");
        assert_eq!(format!("{chosen:?}"), r#"["dns", "dns"]"#);
        let every: Vec<_> = about::known().iter().map(|known| known.name).collect();
        assert_eq!(
            format!("{:?}", Chosen::of(&every).expect("known")),
            format!("{:?}", Chosen::default())
        );
        assert_eq!(
            Chosen::of(&["dns", "gopher"]).unwrap_err(),
            UnknownProtocol("gopher".to_owned())
        );
    }

    #[test]
    fn what_carries_the_chosen_is_followed_and_not_told() {
        let all = ["http", "http2", "grpc", "websocket", "dns", "ftp", "ftp-data"];
        for (names, followed, shown) in [
            (&["grpc"][..], "[\"http\", \"http2\"]", &["grpc"][..]),
            (&["websocket"], "[\"http\", \"http2\", \"websocket\"]", &["websocket"]),
            (
                &["websocket", "http2"],
                "[\"http\", \"http2\", \"websocket\"]",
                &["http", "websocket"],
            ),
            (&["grpc", "http", "http2"], "[\"http\", \"http2\"]", &all),
            (&["http"], "[\"http\"]", &all),
            (&["ftp-data"], "[\"ftp\"]", &["ftp-data"]),
            (&["ftp", "ftp-data"], "[\"ftp\"]", &all),
        ] {
            let chosen = Chosen::of(names).expect("they are known");
            assert_eq!(format!("{chosen:?}"), followed);
            let told = all.into_iter().filter(|name| chosen.shows(name) && *name != "http2");
            let shown = shown.iter().copied().filter(|name| *name != "http2");
            assert!(told.eq(shown), "{names:?}");
        }
    }

    #[test]
    fn what_is_not_chosen_is_not_followed() {
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for (names, expected) in [(&["http"][..], Some("http")), (&["tls", "dns"], None)] {
            let chosen = Chosen::of(names).expect("they are known");
            let settings = Settings { chosen, ..Settings::default() };
            let (mut app, mut sink) = (App::default(), Collected::default());
            let mut cx =
                Context { time: 1, place: Place::default(), settings: &settings, sink: &mut sink };
            let opaque = app.data(Side::Client, request, &mut cx);
            assert_eq!(app.protocol().copied(), expected);
            assert_eq!(opaque, if expected.is_none() { request.len() as u64 } else { 0 });
        }
    }

    #[test]
    fn datagrams_that_are_not_chosen_are_not_recognised() {
        let question = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\x03lab\0\0\x01\0\x01";
        let ports = Ports { source: 40_000, destination: 53 };
        let datagram =
            Datagram { side: Side::Client, bytes: question, cut: 0, ports, to_group: false };
        for (names, expected) in [(["dns"], true), (["http"], false)] {
            let chosen = Chosen::of(&names).expect("it is known");
            let settings = Settings { chosen, ..Settings::default() };
            assert_eq!(datagram::App::recognise(&datagram, &settings).is_some(), expected);
        }
    }
}
