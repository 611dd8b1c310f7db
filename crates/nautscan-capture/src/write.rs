//! Writing pcapng, for export.

use std::io::{self, ErrorKind, Write};
use std::net::IpAddr;

use nautscan_core::packet::Packet;

use crate::{CustomBlock, InterfaceStats, MAX_OPTION_WRITTEN, NameRecord, Secret, SourceInterface};

/// Block types and option codes written.
mod code {
    pub(super) const SECTION: u32 = 0x0a0d_0d0a;
    pub(super) const INTERFACE: u32 = 1;
    pub(super) const STATISTICS: u32 = 5;
    pub(super) const NAME_RESOLUTION: u32 = 4;
    pub(super) const ENHANCED_PACKET: u32 = 6;
    pub(super) const SECRETS: u32 = 10;
    pub(super) const CUSTOM: u32 = 0xbad;
    pub(super) const NAME_IPV4: u16 = 1;
    pub(super) const NAME_IPV6: u16 = 2;
    pub(super) const COMMENT: u16 = 1;
    pub(super) const USER_APPLICATION: u16 = 4;
    pub(super) const NAME: u16 = 2;
    pub(super) const DESCRIPTION: u16 = 3;
    pub(super) const SPEED: u16 = 8;
    pub(super) const TIME_RESOLUTION: u16 = 9;
    pub(super) const FILTER: u16 = 11;
    pub(super) const OS: u16 = 12;
    pub(super) const FCS_LENGTH: u16 = 13;
    pub(super) const HARDWARE: u16 = 15;
    pub(super) const RECEIVED: u16 = 4;
    pub(super) const INTERFACE_DROPS: u16 = 5;
    pub(super) const SYSTEM_DROPS: u16 = 7;
}

/// Writes packets as one little-endian section of a pcapng file, times in nanoseconds.
///
/// Interfaces are described before their packets; `Packet::interface` is the number that
/// [`PcapngWriter::add_interface`] returned. Nothing is buffered: give a buffered writer.
#[derive(Debug)]
pub struct PcapngWriter<W> {
    inner: W,
    block: Vec<u8>,
    interfaces: u32,
}

impl<W: Write> PcapngWriter<W> {
    /// Begins a file. `comment` is shown by other tools as the comment of the capture.
    pub fn new(inner: W, comment: Option<&str>) -> io::Result<Self> {
        let mut writer = Self { inner, block: Vec::new(), interfaces: 0 };
        writer.begin(code::SECTION);
        writer.word(0x1a2b_3c4d);
        writer.word(1); // Version 1.0: major in the lower half.
        writer.word(u32::MAX); // Length of the section: not known,
        writer.word(u32::MAX); // in both halves.
        let application = concat!("NautScan ", env!("CARGO_PKG_VERSION"));
        writer.text_option(code::USER_APPLICATION, Some(application));
        writer.text_option(code::COMMENT, comment);
        writer.end()?;
        Ok(writer)
    }

    /// Describes an interface; returns its number, counted from 0.
    pub fn add_interface(&mut self, interface: &SourceInterface) -> io::Result<u32> {
        self.begin(code::INTERFACE);
        self.word(u32::from(interface.link_type.0));
        self.word(interface.snaplen);
        self.text_option(code::NAME, interface.name.as_deref());
        self.text_option(code::DESCRIPTION, interface.description.as_deref());
        if let Some(filter) = &interface.filter {
            // The first byte says that a text follows.
            self.option(code::FILTER, &[&[0], filter.as_bytes()].concat());
        }
        if let Some(speed) = interface.speed {
            self.option(code::SPEED, &speed.to_le_bytes());
        }
        self.text_option(code::OS, interface.os.as_deref());
        self.text_option(code::HARDWARE, interface.hardware.as_deref());
        if let Some(length) = interface.fcs_bytes {
            self.option(code::FCS_LENGTH, &[length]);
        }
        self.option(code::TIME_RESOLUTION, &[9]);
        self.end()?;
        self.interfaces += 1;
        Ok(self.interfaces - 1)
    }

    /// Writes a packet, with a comment if there is one.
    ///
    /// Fails with `InvalidInput`, and writes nothing, for a packet of an interface that was not
    /// described or from before 1970, which the format cannot express.
    pub fn packet(&mut self, packet: &Packet<'_>, comment: Option<&str>) -> io::Result<()> {
        let interface = u32::from(packet.interface.0);
        if interface >= self.interfaces {
            return Err(invalid("a packet of an interface that was not described"));
        }
        let time = u64::try_from(packet.time).map_err(|_| invalid("a packet from before 1970"))?;
        let captured =
            u32::try_from(packet.data.len()).map_err(|_| invalid("a packet of 4 GiB or more"))?;
        self.begin(code::ENHANCED_PACKET);
        self.word(interface);
        self.word((time >> 32) as u32);
        self.word(time as u32);
        self.word(captured);
        self.word(packet.wire_len);
        self.block.extend_from_slice(packet.data);
        self.pad();
        self.text_option(code::COMMENT, comment);
        self.end()
    }

    /// Writes decryption secrets. Readers use them for the packets behind them.
    pub fn secret(&mut self, secret: &Secret) -> io::Result<()> {
        let length = u32::try_from(secret.data.len()).map_err(|_| invalid("secrets of 4 GiB"))?;
        self.begin(code::SECRETS);
        self.word(secret.kind);
        self.word(length);
        self.block.extend_from_slice(&secret.data);
        self.pad();
        self.end()
    }

    /// Writes names of addresses, as one block.
    pub fn names(&mut self, names: &[NameRecord]) -> io::Result<()> {
        self.begin(code::NAME_RESOLUTION);
        for record in names {
            let (kind, mut value) = match record.address {
                IpAddr::V4(address) => (code::NAME_IPV4, address.octets().to_vec()),
                IpAddr::V6(address) => (code::NAME_IPV6, address.octets().to_vec()),
            };
            value.extend_from_slice(record.name.as_bytes());
            value.push(0);
            self.option(kind, &value);
        }
        self.word(0); // The end of the records; that of the options follows.
        self.end()
    }

    /// Writes a custom block of another file again.
    pub fn custom(&mut self, custom: &CustomBlock) -> io::Result<()> {
        self.begin(code::CUSTOM);
        self.word(custom.enterprise);
        self.block.extend_from_slice(&custom.data);
        self.pad();
        self.close_block()
    }

    /// Writes the counters of an interface, as of `time` in nanoseconds since 1970. Call it last.
    pub fn statistics(&mut self, stats: &InterfaceStats, time: i64) -> io::Result<()> {
        let known = u32::try_from(stats.interface).ok().filter(|&n| n < self.interfaces);
        let number = known.ok_or_else(|| invalid("counters of an interface not described"))?;
        let time = u64::try_from(time).map_err(|_| invalid("a time before 1970"))?;
        self.begin(code::STATISTICS);
        self.word(number);
        self.word((time >> 32) as u32);
        self.word(time as u32);
        for (option, value) in [
            (code::RECEIVED, stats.received),
            (code::INTERFACE_DROPS, stats.interface_drops),
            (code::SYSTEM_DROPS, stats.kernel_drops),
        ] {
            if let Some(value) = value {
                self.option(option, &value.to_le_bytes());
            }
        }
        self.end()
    }

    /// What the blocks go to.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// Flushes, and gives the inner writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn begin(&mut self, block_type: u32) {
        self.block.clear();
        self.word(block_type);
        self.word(0); // The length, set by `end`.
    }

    fn word(&mut self, word: u32) {
        self.block.extend_from_slice(&word.to_le_bytes());
    }

    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    fn text_option(&mut self, option: u16, text: Option<&str>) {
        if let Some(text) = text {
            let end = (0..=text.len().min(MAX_OPTION_WRITTEN))
                .rev()
                .find(|&at| text.is_char_boundary(at));
            self.option(option, &text.as_bytes()[..end.unwrap_or(0)]);
        }
    }

    fn option(&mut self, option: u16, value: &[u8]) {
        let value = &value[..value.len().min(MAX_OPTION_WRITTEN)];
        self.block.extend_from_slice(&option.to_le_bytes());
        self.block.extend_from_slice(&(value.len() as u16).to_le_bytes());
        self.block.extend_from_slice(value);
        self.pad();
    }

    /// Ends the options, which every block written here may have, and writes the block.
    fn end(&mut self) -> io::Result<()> {
        self.word(0);
        self.close_block()
    }

    fn close_block(&mut self) -> io::Result<()> {
        let total = u32::try_from(self.block.len() + 4).map_err(|_| invalid("a block too long"))?;
        self.block[4..8].copy_from_slice(&total.to_le_bytes());
        self.word(total);
        self.inner.write_all(&self.block)
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("cannot write {what}"))
}
