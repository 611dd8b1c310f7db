//! Runs protocols of datagrams over a script.

use nautscan_core::proto::datagram::{App, Datagram};
use nautscan_core::proto::{Context, Place, Settings};

use crate::{DatagramScript, Told};

/// Holds the finding of protocols in datagrams, and what follows, to it: no panic, no more than
/// `most_held` bytes held, and rows well formed.
pub fn check_datagrams(most_held: usize, bytes: &[u8]) {
    let Some(script) = DatagramScript::read(bytes) else { return };
    told_of_datagrams(script, &Settings::default(), most_held);
}

/// Feeds a script to the first of the chosen protocols that is found in it, under the same conditions;
/// what was told.
pub fn told_of_datagrams<'a>(
    script: DatagramScript<'_>,
    settings: &'a Settings,
    most_held: usize,
) -> Told<'a> {
    let (mut told, place) = (Told::new(settings), Place::default());
    let mut app: Option<App> = None;
    for said in script.into_iter().filter(|said| !said.bytes.is_empty()) {
        let (ports, to_group) = (script.ports(said.side), script.to_group());
        let datagram =
            Datagram { side: said.side, bytes: said.bytes, cut: said.lost, ports, to_group };
        if app.is_none() {
            app = App::recognise(&datagram, settings).map(|(app, _)| app);
        }
        let Some(app) = &mut app else { continue };
        told.now = said.time;
        told.lost += said.lost as u64;
        let mut cx = Context { time: said.time, place, settings, sink: &mut told };
        if app.wants(&datagram) {
            app.datagram(&datagram, &mut cx);
        }
        app.settle(&mut cx);
        assert!(app.memory() <= most_held, "{} bytes held", app.memory());
    }
    if let Some(app) = &mut app {
        let time = told.now;
        app.close(script.close(), &mut Context { time, place, settings, sink: &mut told });
    }
    told
}
