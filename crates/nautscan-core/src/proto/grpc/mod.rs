//! gRPC: calls of methods, over HTTP/2 and, as gRPC-Web, over any HTTP (the protocol's descriptions
//! `PROTOCOL-HTTP2.md` and `PROTOCOL-WEB.md`).
//!
//! | file | idea |
//! |---|---|
//! | `frame` | messages in the content of a request or response, counted as they come |
//! | `status` | what was called, and how it ended |
//! | `call` | what makes a row of gRPC of an exchange of HTTP |
//! | `show` | messages that were kept, as text |
//! | `raw` | a message without its schema |
//! | `schema` | schemas that a user supplies |
//! | `fits` | whether a message can be of a type |
//! | `json`, `known` | a message of a known type as JSON |

mod call;
mod fits;
mod frame;
mod json;
mod known;
mod raw;
mod schema;
mod show;
mod status;
#[cfg(test)]
mod tests;

pub(super) use call::{Call, HalfCall, ODDITIES};
pub use schema::{SchemaError, Schemas};
#[cfg(test)]
pub(super) use tests::shop;
