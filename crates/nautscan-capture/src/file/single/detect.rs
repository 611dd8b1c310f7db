//! What a file is: its compression, its format, or why it is neither.

use super::super::foreign;
use super::super::pcap::{self, Pcap};
use super::super::pcapng::{self, PcapNg};
use super::super::window::{Fill, Window};
use super::{FileSource, Format, Next};
use crate::CaptureError;
use crate::limits::FILE_BUFFER;

impl FileSource {
    /// Finds out compression and format. `Ok(None)` when done, or when there is more to do.
    pub(super) fn detect(&mut self) -> Result<Option<Next>, CaptureError> {
        loop {
            let fill = self.fill(pcap::FILE_HEADER)?;
            if fill == Fill::Idle {
                return Ok(Some(Next::Idle));
            }
            if !self.input.decompress(self.window.data()) {
                break;
            }
            self.window = Window::new(FILE_BUFFER);
        }
        let Some(magic) = self.window.data().first_chunk::<4>().copied() else {
            return Err(self.not_a_capture());
        };
        if pcapng::is_magic(magic) {
            self.format = Format::PcapNg(PcapNg::new(&self.name));
            return Ok(None);
        }
        if !pcap::is_magic(magic) {
            return Err(self.not_a_capture());
        }
        let header_length = pcap::header_length(magic);
        match self.fill(header_length)? {
            Fill::Ready => {}
            Fill::Idle => return Ok(Some(Next::Idle)),
            Fill::End => return Err(self.cut(header_length)),
        }
        let Some(header) = self.window.data().first_chunk::<{ pcap::FILE_HEADER }>() else {
            return Err(self.cut(header_length));
        };
        let (pcap, interface) = match Pcap::open(header, &self.name) {
            Ok(opened) => opened,
            Err(what) => {
                self.ended = true;
                let remedy = None;
                return Err(CaptureError::NotACapture { name: self.name.clone(), what, remedy });
            }
        };
        self.window.consume(header_length);
        self.format = Format::Pcap(pcap);
        self.interfaces.push(interface);
        Ok(Some(Next::Grown))
    }

    fn not_a_capture(&mut self) -> CaptureError {
        self.ended = true;
        let data = self.window.data();
        let known = foreign::identify(data);
        let remedy = known.map(|(_, remedy)| remedy.text(&self.name));
        let what = match (known, data) {
            (Some((what, _)), _) => format!("it is {what}"),
            (None, data) => start_in_words(data),
        };
        CaptureError::NotACapture { name: self.name.clone(), what, remedy }
    }
}

fn start_in_words(data: &[u8]) -> String {
    match data {
        [] => "it is empty".to_owned(),
        [a, b, c, d, ..] => {
            format!("it starts with {a:02x} {b:02x} {c:02x} {d:02x}, neither pcap nor pcapng")
        }
        _ => format!("it has only {} bytes", data.len()),
    }
}
