//! How a connection begins: what the server says of itself, and what the client answers.
//!
//! Source: MySQL's internals, "Connection Phase"; MariaDB's knowledge base, "1 - Connecting".

use super::read::Reader;

/// Bits of what each side can do. MariaDB's own are from 32 on.
pub(super) mod can {
    pub(crate) const MYSQL: u64 = 1;
    pub(crate) const WITH_DATABASE: u64 = 1 << 3;
    pub(crate) const COMPRESS: u64 = 1 << 5;
    pub(crate) const PROTOCOL_41: u64 = 1 << 9;
    pub(crate) const SSL: u64 = 1 << 11;
    pub(crate) const SECURE_CONNECTION: u64 = 1 << 15;
    pub(crate) const PLUGIN_AUTH: u64 = 1 << 19;
    pub(crate) const ATTRIBUTES: u64 = 1 << 20;
    pub(crate) const LONG_AUTH: u64 = 1 << 21;
    pub(crate) const DEPRECATE_EOF: u64 = 1 << 24;
    pub(crate) const OPTIONAL_METADATA: u64 = 1 << 25;
    pub(crate) const ZSTD: u64 = 1 << 26;
    pub(crate) const QUERY_ATTRIBUTES: u64 = 1 << 27;
    pub(crate) const CACHE_METADATA: u64 = 1 << 36;
}

/// The version of the protocol that is spoken since 1998.
pub(super) const VERSION: u8 = 10;
/// Bytes of an answer up to the name of the user, which is all of a request for encryption.
pub(super) const FIXED: usize = 32;

/// What a server says first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Greeting<'a> {
    pub(super) version: &'a [u8],
    pub(super) can: u64,
    pub(super) status: u16,
}

impl<'a> Greeting<'a> {
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(body);
        if reader.byte()? != VERSION {
            return None;
        }
        let version = reader.string();
        // The connection's number, half of a challenge and a zero.
        reader.take(4 + 8 + 1)?;
        let mut can = u64::from(reader.u16()?);
        let mut status = 0;
        if reader.byte().is_some() {
            status = reader.u16()?;
            can |= u64::from(reader.u16()?) << 16;
            reader.take(1 + 6)?;
            let more = u64::from(reader.u32()?);
            if can & can::MYSQL == 0 {
                can |= more << 32;
            }
        }
        Some(Self { version, can, status })
    }
}

/// What a client answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Login<'a> {
    pub(super) can: u64,
    pub(super) user: &'a [u8],
    pub(super) database: Option<&'a [u8]>,
    pub(super) plugin: &'a [u8],
    pub(super) application: Option<&'a [u8]>,
    /// It asks for encryption, and says the rest encrypted.
    pub(super) is_encryption: bool,
}

impl<'a> Login<'a> {
    /// Reads what follows a greeting. What authenticates the user is passed over.
    pub(super) fn read(body: &'a [u8], length: u64) -> Option<Self> {
        let mut reader = Reader(body);
        let mut can = u64::from(reader.u16()?);
        if can & can::PROTOCOL_41 == 0 {
            // As before version 4.1 (2003).
            reader.take(3)?;
            return Some(Self { can, user: reader.string(), ..Self::default() });
        }
        can |= u64::from(reader.u16()?) << 16;
        reader.take(4 + 1 + 19)?;
        let more = u64::from(reader.u32()?);
        if can & can::MYSQL == 0 {
            can |= more << 32;
        }
        let mut login = Self { can, ..Self::default() };
        if length == FIXED as u64 {
            login.is_encryption = can & can::SSL != 0;
            return login.is_encryption.then_some(login);
        }
        login.user = reader.string();
        // Of more than is kept, the rest stays unknown.
        login.read_rest(reader);
        Some(login)
    }

    fn read_rest(&mut self, mut reader: Reader<'a>) -> Option<()> {
        if self.can & can::LONG_AUTH != 0 {
            reader.text()?;
        } else {
            self.pass_secret(&mut reader)?;
        }
        if self.can & can::WITH_DATABASE != 0 {
            self.database = Some(reader.string()).filter(|name| !name.is_empty());
        }
        self.read_plugin(reader)
    }

    fn pass_secret(&self, reader: &mut Reader<'a>) -> Option<()> {
        if self.can & can::SECURE_CONNECTION == 0 {
            reader.string();
            return Some(());
        }
        let len = usize::from(reader.byte()?);
        reader.take(len).map(drop)
    }

    fn read_plugin(&mut self, mut reader: Reader<'a>) -> Option<()> {
        if self.can & can::PLUGIN_AUTH != 0 {
            self.plugin = reader.string();
        }
        if self.can & can::ATTRIBUTES != 0 {
            self.application = application(Reader(reader.text()?));
        }
        Some(())
    }

    /// Reads COM_CHANGE_USER behind its first byte, on a connection where both sides `can` that.
    pub(super) fn read_change(body: &'a [u8], can: u64) -> Self {
        let mut reader = Reader(body);
        let mut login = Self { can, user: reader.string(), ..Self::default() };
        let mut rest = || {
            login.pass_secret(&mut reader)?;
            login.database = Some(reader.string()).filter(|name| !name.is_empty());
            reader.u16()?;
            login.read_plugin(reader)
        };
        rest();
        login
    }
}

/// The name of the program among a client's attributes, or of its library.
fn application(mut attributes: Reader<'_>) -> Option<&[u8]> {
    let mut library = None;
    while let (Some(name), Some(value)) = (attributes.text(), attributes.text()) {
        match name {
            b"program_name" => return Some(value),
            b"_client_name" => library = Some(value),
            _ => {}
        }
    }
    library
}
