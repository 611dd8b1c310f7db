//! Captures written again: merged, put in order of time, filtered, as one pcapng file.

use std::collections::HashMap;
use std::io::{self, Write};

use super::filter::SourceFilter;
use crate::{CaptureError, InterfaceStats, MergedSource, PacketSource, PcapngWriter, Pulled};

/// Packets taken from the source at once; what the files say besides them is written before them.
const BURST: usize = 1024;

/// What was written.
#[derive(Debug, Default)]
pub struct Copied {
    /// Packets written.
    pub packets: u64,
    /// Packets that the filter did not accept.
    pub filtered_out: u64,
    /// Packets that pcapng cannot express: from before 1970.
    pub not_expressible: u64,
    /// What was damaged; packets before the damage were written.
    pub damage: Vec<CaptureError>,
}

/// What of each file's notes was written.
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    secrets: usize,
    names: usize,
    custom: usize,
}

/// Writes all packets of `source` that `filter` (BPF) accepts, with interfaces, names, decryption
/// secrets, custom blocks that may be copied, and the interfaces' counters.
///
/// Comments on the files and their interfaces become comments of the one section; those on packets
/// are not carried over. `go_on` is asked between stretches of packets, and while a stream is quiet.
pub fn copy(
    source: &mut MergedSource,
    filter: Option<String>,
    out: &mut dyn Write,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Copied, CopyError> {
    let mut copier = Copier::new(source, SourceFilter::new(filter))?;
    loop {
        copier.adopt_interfaces(source)?;
        copier.hand_on(out)?;
        let pulled = copier.pull(source);
        // What is said about packets stands before them, also where it was found on the way.
        let packets = std::mem::take(copier.writer.get_mut());
        copier.notes(source)?;
        copier.hand_on(out)?;
        out.write_all(&packets)?;
        match pulled {
            Ok(Pulled::End) => break,
            Ok(_) if !go_on() => return Err(CopyError::Stopped),
            Ok(_) => {}
            Err(error) if error.is_damage() => copier.copied.damage.push(error),
            Err(error) => return Err(error.into()),
        }
    }
    copier.statistics(&source.stats())?;
    copier.hand_on(out)?;
    out.flush()?;
    Ok(copier.copied)
}

/// Why there is no whole copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The input, or the filter.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The caller did not want to go on.
    #[error("stopped")]
    Stopped,
    /// The output.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

struct Copier {
    filter: Option<SourceFilter>,
    /// Blocks wait here, so that secrets found on the way can go before the packets.
    writer: PcapngWriter<Vec<u8>>,
    known_interfaces: usize,
    /// By the file's name.
    written: HashMap<String, Written>,
    latest: i64,
    copied: Copied,
}

impl Copier {
    fn new(source: &MergedSource, mut filter: Option<SourceFilter>) -> Result<Self, CopyError> {
        if let Some(filter) = &mut filter {
            for &link_type in source.link_types() {
                filter.compile(link_type)?;
            }
        }
        let comments: Vec<&str> =
            source.notes().flat_map(|(_, notes)| &notes.comments).map(String::as_str).collect();
        let comment = (!comments.is_empty()).then(|| comments.join("\n"));
        Ok(Self {
            filter,
            writer: PcapngWriter::new(Vec::new(), comment.as_deref())?,
            known_interfaces: 0,
            written: HashMap::new(),
            latest: 0,
            copied: Copied::default(),
        })
    }

    fn adopt_interfaces(&mut self, source: &MergedSource) -> Result<(), CopyError> {
        for interface in &source.interfaces()[self.known_interfaces..] {
            if let Some(filter) = &mut self.filter {
                filter.admit(interface)?;
            }
            self.writer.add_interface(interface)?;
            self.known_interfaces += 1;
        }
        Ok(())
    }

    fn pull(&mut self, source: &mut MergedSource) -> Result<Pulled, CaptureError> {
        let Self { filter, writer, latest, copied, .. } = self;
        source.for_each(BURST, |packet| {
            if filter.as_mut().is_some_and(|filter| !filter.accepts(packet)) {
                copied.filtered_out += 1;
                return;
            }
            // Into memory: what fails is what the format cannot express.
            match writer.packet(packet, None) {
                Ok(()) => copied.packets += 1,
                Err(_) => copied.not_expressible += 1,
            }
            *latest = packet.time.max(*latest);
        })
    }

    fn hand_on(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&std::mem::take(self.writer.get_mut()))
    }

    fn notes(&mut self, source: &MergedSource) -> io::Result<()> {
        for (file, notes) in source.notes() {
            let Written { secrets, names, custom } =
                self.written.get(file).copied().unwrap_or_default();
            for secret in &notes.secrets[secrets..] {
                self.writer.secret(secret)?;
            }
            if notes.names.len() > names {
                self.writer.names(&notes.names[names..])?;
            }
            for block in &notes.custom[custom..] {
                self.writer.custom(block)?;
            }
            let written = Written {
                secrets: notes.secrets.len(),
                names: notes.names.len(),
                custom: notes.custom.len(),
            };
            self.written.insert(file.to_owned(), written);
        }
        Ok(())
    }

    fn statistics(&mut self, stats: &[InterfaceStats]) -> io::Result<()> {
        let known = |entry: &&InterfaceStats| entry.interface < self.known_interfaces;
        let counted: Vec<_> = stats.iter().filter(known).collect();
        counted.into_iter().try_for_each(|entry| self.writer.statistics(entry, self.latest))
    }
}
