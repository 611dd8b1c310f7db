//! Runs all protocols over a script: what a connection speaks is found out, and may change.

use nautscan_core::proto::{App, Context, PROTOCOLS, Place, Settings};

use crate::dialogue::Sides;
use crate::{DialogueScript, Operation, Told};

/// Holds the finding of protocols, and their handing over to each other, to it: no panic, no more than
/// `most_held` bytes held, rows well formed and of known names, and not more bytes said not to be
/// understood than there were.
pub fn check_connection(most_held: usize, bytes: &[u8]) {
    let Some(script) = DialogueScript::read(bytes) else { return };
    let settings = script.settings();
    let mut told = Told::new(&settings);
    let opaque = run(script, &settings, most_held, &mut told);
    let said: u64 = script.into_iter().map(|act| length(act.operation)).sum();
    assert!(opaque <= said, "{opaque} bytes not understood, of {said}");
    for row in &told.exchanges {
        let names = PROTOCOLS.iter().map(|protocol| protocol.name).chain(["grpc"]);
        assert!(names.into_iter().any(|name| name == row.protocol), "{}", row.protocol);
        let is_something = row.request.is_some() || row.response.is_some();
        assert!(is_something || !row.detail.is_empty(), "{row:?}");
    }
}

fn length(operation: Operation<'_>) -> u64 {
    match operation {
        Operation::Data(_, bytes) => bytes.len() as u64,
        Operation::Gap(..) | Operation::End(_) => 0,
    }
}

/// Answers how many bytes were not understood.
fn run(
    script: DialogueScript<'_>,
    settings: &Settings,
    most_held: usize,
    told: &mut Told<'_>,
) -> u64 {
    let (mut app, mut sides, mut opaque) = (App::default(), Sides::default(), 0);
    for act in script {
        let Some(place) = sides.place(&act) else { continue };
        told.now += act.step;
        if act.tick && settings.growing {
            let place = Place::default();
            app.tick(&mut Context { time: told.now, place, settings, sink: &mut *told });
        }
        // What is passed over before a protocol is known is lost to its parser.
        told.lost = sides.said();
        let mut cx = Context { time: told.now, place, settings, sink: &mut *told };
        opaque += match act.operation {
            Operation::Data(side, bytes) => app.data(side, bytes, &mut cx),
            Operation::Gap(side, lost) => app.gap(side, lost, &mut cx),
            Operation::End(side) => app.end(side, &mut cx),
        };
        assert!(app.memory() <= most_held, "{} bytes held", app.memory());
    }
    let place = Place::default();
    let mut cx = Context { time: told.now, place, settings, sink: &mut *told };
    opaque + app.close(script.close(), &mut cx)
}
