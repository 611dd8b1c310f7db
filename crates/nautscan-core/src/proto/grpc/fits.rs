//! Whether octets can be a message of a type, looked at before they are decoded.
//!
//! The decoder takes what is no map for one if its field is a map, and makes a value of hundreds of
//! octets of a few. So forms are held against the type first, and values are counted.

use prost_reflect::prost::encoding::WireType;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::limits::{PROTOBUF_NESTED, PROTOBUF_VALUES};

/// What octets can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// A message of the type, as far as forms tell.
    Yes,
    /// No message of the type.
    No,
    /// More than is decoded.
    Large,
}

/// Whether octets can be a message of that type.
pub(super) fn fits(bytes: &[u8], kind: &MessageDescriptor) -> Fit {
    let mut check = Check { left: PROTOBUF_VALUES };
    match check.message(bytes, kind, 0) {
        Some(()) => Fit::Yes,
        None if check.left == 0 => Fit::Large,
        None => Fit::No,
    }
}

struct Check {
    /// Values that may yet come.
    left: usize,
}

impl Check {
    /// Counts values. `None`: there are too many.
    fn charge(&mut self, values: usize) -> Option<()> {
        let left = self.left.checked_sub(values).filter(|left| *left > 0);
        self.left = left.unwrap_or(0);
        left.map(drop)
    }

    fn message(&mut self, mut bytes: &[u8], kind: &MessageDescriptor, depth: usize) -> Option<()> {
        if depth == PROTOBUF_NESTED {
            self.left = 0;
            return None;
        }
        while !bytes.is_empty() {
            let (number, form) = tag(&mut bytes)?;
            self.charge(1)?;
            let field = kind.get_field(number);
            let value = self.value(&mut bytes, number, form)?;
            if let Some(field) = field {
                self.field(&field, form, value, depth)?;
            }
        }
        Some(())
    }

    /// Takes the octets of a value.
    fn value<'a>(&mut self, bytes: &mut &'a [u8], number: u32, form: WireType) -> Option<&'a [u8]> {
        let whole = *bytes;
        let len = match form {
            WireType::Varint => {
                varint(bytes)?;
                return Some(&[]);
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => usize::try_from(varint(bytes)?).ok()?,
            WireType::StartGroup => {
                self.group(bytes, number)?;
                self.charge(whole.len() - bytes.len())?;
                return Some(&[]);
            }
            WireType::EndGroup => return None,
        };
        let (value, rest) = bytes.split_at_checked(len)?;
        *bytes = rest;
        Some(value)
    }

    /// Passes over a group and those within it. What they hold is not held against their types.
    fn group(&mut self, bytes: &mut &[u8], number: u32) -> Option<()> {
        let mut open = vec![number];
        while let Some(&number) = open.last() {
            let (inner, form) = tag(bytes)?;
            match form {
                WireType::StartGroup if open.len() < PROTOBUF_NESTED => open.push(inner),
                WireType::StartGroup => {
                    self.left = 0;
                    return None;
                }
                WireType::EndGroup if inner == number => drop(open.pop()),
                form => drop(self.value(bytes, inner, form)?),
            }
        }
        Some(())
    }

    fn field(
        &mut self,
        field: &FieldDescriptor,
        form: WireType,
        value: &[u8],
        depth: usize,
    ) -> Option<()> {
        let kind = field.kind();
        match kind {
            Kind::Message(_) if field.is_group() => (form == WireType::StartGroup).then_some(()),
            Kind::Message(message) if form == WireType::LengthDelimited => {
                self.message(value, &message, depth + 1)
            }
            Kind::Message(_) => None,
            _ if form == kind.wire_type() => Some(()),
            // Numbers that stand together behind one length; each has an octet at least.
            _ if form == WireType::LengthDelimited && field.is_list() => self.charge(value.len()),
            _ => None,
        }
    }
}

fn tag(bytes: &mut &[u8]) -> Option<(u32, WireType)> {
    let tag = u32::try_from(varint(bytes)?).ok()?;
    let form = WireType::try_from(u64::from(tag & 7)).ok()?;
    (tag >> 3 > 0).then_some((tag >> 3, form))
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&octet, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(octet & 0x7f) << shift;
        if octet & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
