//! What both ends of a connection do.

use std::sync::{Arc, LazyLock};

use nautscan_core::proto::grpc::Schemas;
use nautscan_core::proto::{Close, Settings, Side};

use crate::{Scribe, Script};

const SECOND: i64 = 1_000_000_000;

/// Types that messages are held to: recursive ones, maps, lists, and those with a form of their own.
static SCHEMAS: LazyLock<Arc<Schemas>> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas");
    let schemas = nautscan_capture::schemas::load(&[path.into()]);
    Arc::new(schemas.expect("schemas of our own"))
});

/// The input of targets of connections.
#[derive(Debug, Clone, Copy)]
pub struct DialogueScript<'a> {
    options: u8,
    script: Script<'a>,
}

/// One thing that happens on a connection, and when.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// What happens.
    pub operation: Operation<'a>,
    /// Nanoseconds since what happened before.
    pub step: i64,
    /// Exchanges that last are asked for what is to be told, before.
    pub tick: bool,
    /// Who acts has received nothing since it acted last, though the other side may have sent.
    pub is_behind: bool,
}

/// What happens.
#[derive(Debug, Clone, Copy)]
pub enum Operation<'a> {
    /// Bytes of a side; not empty.
    Data(Side, &'a [u8]),
    /// Bytes of a side that were not captured; at least one.
    Gap(Side, u64),
    /// A side sends no more.
    End(Side),
}

impl Operation<'_> {
    /// Who acts.
    pub fn side(&self) -> Side {
        match *self {
            Self::Data(side, _) | Self::Gap(side, _) | Self::End(side) => side,
        }
    }
}

impl<'a> DialogueScript<'a> {
    /// Reads the settings.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut script = Script::new(bytes);
        Some(Self { options: script.byte()?, script })
    }

    /// What is to be kept.
    pub fn settings(&self) -> Settings {
        let body_limit = [0, 1, 100, 16 * 1024][usize::from(self.options & 3)];
        Settings {
            body_limit,
            headers: self.options & 4 != 0,
            schemas: Some(Arc::clone(&SCHEMAS)),
            hides_fields: self.options & 1 != 0,
            growing: self.piece() == 8,
            ..Settings::default()
        }
    }

    /// In pieces of how many bytes the data come the second time; at least 1.
    pub fn piece(&self) -> usize {
        1 + usize::from(self.options >> 3 & 7)
    }

    /// How the connection ends.
    pub fn close(&self) -> Close {
        match self.options >> 6 {
            0 => Close::Finished,
            1 => Close::Reset(Side::Server),
            2 => Close::Timeout,
            _ => Close::CaptureEnd,
        }
    }

    /// Writes settings that keep all; operations are written behind them.
    pub fn begin() -> Scribe {
        let mut scribe = Scribe::default();
        scribe.byte(0b0000_0111);
        scribe
    }

    /// Writes bytes of a side.
    pub fn write_data(scribe: &mut Scribe, side: Side, bytes: &[u8]) {
        scribe.byte((side.index() as u8) << 7).bytes(bytes);
    }

    /// Writes the end of a side.
    pub fn write_end(scribe: &mut Scribe, side: Side) {
        scribe.byte((side.index() as u8) << 7 | 3).word(0);
    }
}

impl<'a> Iterator for DialogueScript<'a> {
    type Item = Act<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.script.byte()?;
        let side = if kind & 0x80 == 0 { Side::Client } else { Side::Server };
        let operation = match kind & 3 {
            2 => Operation::Gap(side, u64::from(self.script.word()?) + 1),
            3 => {
                self.script.word()?;
                Operation::End(side)
            }
            _ => match self.script.bytes()? {
                [] => Operation::End(side),
                bytes => Operation::Data(side, bytes),
            },
        };
        let step = if kind & 0x20 != 0 { 2 * SECOND } else { 1000 };
        Some(Act { operation, step, tick: kind & 0x40 != 0, is_behind: kind & 0x10 != 0 })
    }
}
