//! Messages for tests, made by hand so that what is read was not written by the reader.

use domain::base::iana::Rtype;

/// A name as labels.
pub(crate) fn name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.').filter(|label| !label.is_empty()) {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn header(id: u16, flags: u16, counts: [u16; 4]) -> Vec<u8> {
    let fields = [id, flags, counts[0], counts[1], counts[2], counts[3]];
    fields.iter().flat_map(|field| field.to_be_bytes()).collect()
}

/// A query with recursion desired.
pub(crate) fn question(id: u16, asked: &str, kind: Rtype) -> Vec<u8> {
    let mut bytes = header(id, 0x0100, [1, 0, 0, 0]);
    bytes.extend(name(asked));
    bytes.extend(kind.to_int().to_be_bytes());
    bytes.extend([0, 1]);
    bytes
}

/// A record of class IN.
pub(crate) struct Record<'a> {
    pub(crate) owner: &'a str,
    pub(crate) kind: Rtype,
    pub(crate) ttl: u32,
    pub(crate) data: Vec<u8>,
}

/// An answer to such a query.
pub(crate) fn answer(
    id: u16,
    asked: &str,
    kind: Rtype,
    code: u16,
    records: &[Record<'_>],
) -> Vec<u8> {
    let mut bytes = question(id, asked, kind);
    bytes[2..4].copy_from_slice(&(0x8180 | code).to_be_bytes());
    bytes[6..8].copy_from_slice(&(records.len() as u16).to_be_bytes());
    for record in records {
        bytes.extend(name(record.owner));
        bytes.extend(record.kind.to_int().to_be_bytes());
        bytes.extend([0, 1]);
        bytes.extend(record.ttl.to_be_bytes());
        bytes.extend((record.data.len() as u16).to_be_bytes());
        bytes.extend(&record.data);
    }
    bytes
}
