//! Files that are no pcap or pcapng, but that can be told what they are and made readable.

/// What turns a foreign file into one that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Wireshark's `editcap` reads the format.
    Editcap,
    /// This program writes the content to standard output.
    Decompress(&'static str),
    /// Something else, in words.
    Words(&'static str),
}

/// (first bytes, what they are of, what to do)
const KNOWN: &[(&[u8], &str, Remedy)] = &[
    (b"snoop\0\0\0", "a snoop capture (RFC 1761)", Remedy::Editcap),
    (b"btsnoop\0", "a btsnoop capture", Remedy::Editcap),
    (b"RTSS", "a Microsoft Network Monitor 1 capture", Remedy::Editcap),
    (b"GMBU", "a Microsoft Network Monitor 2 capture", Remedy::Editcap),
    (b"TRSNIFF data    \x1a", "a Network General Sniffer capture", Remedy::Editcap),
    (b"XCP\0", "a NetXRay or Sniffer for Windows capture", Remedy::Editcap),
    (b"VL\0\0", "a NetXRay 1 capture", Remedy::Editcap),
    (b"\x05VNF", "a Visual Networks capture", Remedy::Editcap),
    (b"\x7fver", "an EtherPeek or OmniPeek capture", Remedy::Editcap),
    (b"ObserverPktBuffe", "a Network Instruments Observer capture", Remedy::Editcap),
    (b"\xaa\xaa\xaa\xaa", "a 5Views capture", Remedy::Editcap),
    (b"LOGG", "a Vector BLF log", Remedy::Editcap),
    (b"\x54\x52\x00\x64", "an HP-UX nettl trace", Remedy::Editcap),
    (b"iptrace ", "an AIX iptrace capture", Remedy::Editcap),
    (b"\xfd7zXZ\0", "compressed with xz", Remedy::Decompress("xz -dc")),
    (b"BZh", "compressed with bzip2", Remedy::Decompress("bzip2 -dc")),
    (b"\x04\x22\x4d\x18", "compressed with lz4", Remedy::Decompress("lz4 -dc")),
    (b"\x1f\x9d", "compressed with compress", Remedy::Decompress("gzip -dc")),
    (b"PK\x03\x04", "a zip archive", Remedy::Decompress("unzip -p")),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", Remedy::Decompress("7z x -so")),
    (
        b"PAR1",
        "a Parquet table",
        Remedy::Words("Query it with `duckdb`, or read the capture it was made from."),
    ),
];

/// What a file that starts with `first` is, if that is known.
pub(super) fn identify(first: &[u8]) -> Option<(&'static str, Remedy)> {
    let known = KNOWN.iter().find(|(magic, ..)| first.starts_with(magic));
    known.map(|&(_, what, remedy)| (what, remedy))
}

impl Remedy {
    /// The remedy for the file called `name`.
    pub(super) fn text(self, name: &str) -> String {
        match self {
            Self::Editcap => format!(
                "Convert it with Wireshark's editcap: `editcap -F pcapng '{name}' '{name}.pcapng'`."
            ),
            Self::Decompress(command) => {
                format!("Decompress it on the way: `{command} '{name}' | nautscan read -`.")
            }
            Self::Words(words) => words.to_owned(),
        }
    }
}
