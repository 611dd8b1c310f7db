//! Schemas that a user supplies, as sets of descriptors (`descriptor.proto`).

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::{FileDescriptorProto, FileDescriptorSet};
use prost_reflect::{DescriptorPool, Kind, MessageDescriptor, ServiceDescriptor};

use crate::limits::{SCHEMA_BYTES, SCHEMA_TYPES};

/// Fields whose values are credentials, whatever else is in the message; as words in any spelling.
const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "secret",
    "clientsecret",
    "token",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "apikey",
    "authorization",
    "privatekey",
];

/// Whether the value of a field of that name is a credential.
pub(super) fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| *c != '_').collect();
    SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(&plain))
}

/// Why a set cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaError {
    /// More bytes, or more types, than are held.
    Large(String),
    /// The bytes are no set of descriptors.
    NotASet,
    /// It is one that describes nothing.
    Empty,
    /// A file is in two sets, and they differ.
    Differs {
        /// The name that the sets give it.
        file: String,
        /// Where it came from first.
        first: String,
    },
    /// What is described is not right.
    Invalid(String),
}

impl core::fmt::Display for SchemaError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Large(what) => f.write_str(what),
            Self::NotASet => f.write_str("it is not a serialised FileDescriptorSet"),
            Self::Empty => f.write_str("it describes no file"),
            Self::Differs { file, first } => {
                write!(f, "it describes {file} otherwise than {first} does")
            }
            Self::Invalid(why) => f.write_str(why),
        }
    }
}

impl core::error::Error for SchemaError {}

/// A type of messages.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) descriptor: MessageDescriptor,
    /// It, or a message in it, has a field whose values are credentials; or what is in it is not
    /// known beforehand.
    pub(super) may_hold_secrets: bool,
}

/// What a method takes and gives.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) input: Type,
    pub(super) output: Type,
}

/// What a user has described: methods by their paths. Made once, shared by all workers.
#[derive(Debug, Default)]
pub struct Schemas {
    pool: DescriptorPool,
    methods: HashMap<Box<[u8]>, Method>,
    /// Where each file came from, and what it was, without comments.
    files: HashMap<String, (String, FileDescriptorProto)>,
    bytes: usize,
}

impl Schemas {
    /// Adds a set that came from `origin`. After an error nothing of them is to be used.
    ///
    /// # Errors
    ///
    /// The user's: it is no set, or contradicts one that was added before.
    pub fn add(&mut self, set: &[u8], origin: &str) -> Result<(), SchemaError> {
        self.bytes = self.bytes.saturating_add(set.len());
        if self.bytes > SCHEMA_BYTES {
            let most = SCHEMA_BYTES >> 20;
            return Err(SchemaError::Large(format!("schemas have more than {most} MiB together")));
        }
        let told = FileDescriptorSet::decode(set).map_err(|_| SchemaError::NotASet)?;
        if told.file.is_empty() {
            return Err(SchemaError::Empty);
        }
        let files: Vec<_> = told.file.into_iter().map(without_source).collect();
        for file in &files {
            self.check_file(file, origin)?;
        }
        self.describe(files)?;
        if self.pool.all_messages().len() > SCHEMA_TYPES {
            let what = format!("schemas have more than {SCHEMA_TYPES} types of messages");
            return Err(SchemaError::Large(what));
        }
        check_maps(&self.pool)?;
        self.learn();
        Ok(())
    }

    /// The first description of a file stands: another one has to be the same.
    fn check_file(&mut self, file: &FileDescriptorProto, origin: &str) -> Result<(), SchemaError> {
        match self.files.get(file.name()) {
            None => {
                self.files.insert(file.name().to_owned(), (origin.to_owned(), file.clone()));
            }
            // Compilers bring these along; releases differ in their options alone.
            Some(_) if file.name().starts_with("google/protobuf/") => {}
            Some((_, known)) if known == file => {}
            Some((first, _)) => {
                let (file, first) = (file.name().to_owned(), first.clone());
                return Err(SchemaError::Differs { file, first });
            }
        }
        Ok(())
    }

    /// Links what is described. Sets with numbers that lead nowhere make the library that does it
    /// panic: they are refused as well.
    fn describe(&mut self, files: Vec<FileDescriptorProto>) -> Result<(), SchemaError> {
        let pool = &mut self.pool;
        let link =
            AssertUnwindSafe(|| pool.add_file_descriptor_set(FileDescriptorSet { file: files }));
        match catch_unwind(link) {
            Ok(linked) => linked.map_err(|error| SchemaError::Invalid(described(&error))),
            Err(_) => Err(SchemaError::Invalid("its descriptors lead nowhere".to_owned())),
        }
    }

    fn learn(&mut self) {
        let holding = holding_secrets(&self.pool);
        let known = |descriptor: MessageDescriptor| Type {
            may_hold_secrets: holding.contains(descriptor.full_name()),
            descriptor,
        };
        let paths = |service: ServiceDescriptor| {
            let methods: Vec<_> = service.methods().collect();
            methods.into_iter().map(move |method| {
                let path = format!("/{}/{}", service.full_name(), method.name());
                (path.into_bytes().into_boxed_slice(), method)
            })
        };
        let methods = self.pool.services().flat_map(paths).map(|(path, method)| {
            (path, Method { input: known(method.input()), output: known(method.output()) })
        });
        self.methods = methods.collect();
    }

    /// The method that a path calls. What stands before the service's name, as where a proxy takes a
    /// prefix away, is passed over.
    pub(super) fn method(&self, path: &[u8]) -> Option<&Method> {
        let path = path.split(|byte| *byte == b'?').next()?;
        let exact = self.methods.get(path);
        exact.or_else(|| {
            let mut slashes = memchr::memrchr_iter(b'/', path);
            slashes.next()?;
            self.methods.get(&path[slashes.next()?..])
        })
    }

    /// How many methods are known.
    pub fn methods(&self) -> usize {
        self.methods.len()
    }

    /// Names of the services that are described, in order.
    pub fn services(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.pool.services().map(|service| service.full_name().to_owned()).collect();
        names.sort_unstable();
        names
    }
}

/// Where a description stands in its source is not needed, and is most of a set.
fn without_source(mut file: FileDescriptorProto) -> FileDescriptorProto {
    file.source_code_info = None;
    file
}

fn described(error: &prost_reflect::DescriptorError) -> String {
    match error.file() {
        Some(file) => format!("{file}: {error}"),
        None => error.to_string(),
    }
}

/// The decoder relies on entries of maps having a key and a value, which a broken set may lack.
fn check_maps(pool: &DescriptorPool) -> Result<(), SchemaError> {
    for entry in pool.all_messages().filter(MessageDescriptor::is_map_entry) {
        let key = entry.get_field(1).filter(|field| !field.is_list()).map(|field| field.kind());
        let has_key = key.is_some_and(|kind| {
            !matches!(
                kind,
                Kind::Message(_) | Kind::Enum(_) | Kind::Bytes | Kind::Float | Kind::Double
            )
        });
        let has_value = entry.get_field(2).is_some_and(|field| !field.is_list() && !field.is_map());
        if !has_key || !has_value {
            let name = entry.full_name();
            return Err(SchemaError::Invalid(format!("{name} is no entry of a map")));
        }
    }
    Ok(())
}

/// Names of the types that may hold credentials, themselves or in messages within them.
fn holding_secrets(pool: &DescriptorPool) -> HashSet<String> {
    let mut holding = HashSet::new();
    // Which types stand in fields of others.
    let mut holders: HashMap<String, Vec<String>> = HashMap::new();
    let mut new = Vec::new();
    for message in pool.all_messages() {
        let name = message.full_name();
        let fields: Vec<_> = message.fields().collect();
        // What is in an Any, a Struct or an extension has names that are not known here.
        let is_open = matches!(name, "google.protobuf.Any" | "google.protobuf.Struct")
            || message.extension_ranges().len() > 0
            || message.fields().any(|field| is_text_map(&field));
        if is_open || fields.iter().any(|field| is_secret(field.name())) {
            new.push(name.to_owned());
        }
        for field in fields {
            if let Kind::Message(inner) = field.kind() {
                holders.entry(inner.full_name().to_owned()).or_default().push(name.to_owned());
            }
        }
    }
    while let Some(name) = new.pop() {
        if let Some(outer) = holders.get(&name) {
            new.extend(outer.iter().filter(|outer| !holding.contains(*outer)).cloned());
        }
        holding.insert(name);
    }
    holding
}

/// Whether a field is a map from texts: its keys are names, too.
fn is_text_map(field: &prost_reflect::FieldDescriptor) -> bool {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            entry.map_entry_key_field().kind() == Kind::String
        }
        _ => false,
    }
}
