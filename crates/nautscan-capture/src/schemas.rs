//! Schemas of Protocol Buffers, read from files: sets of descriptors as compilers write them, and their
//! source.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use nautscan_core::limits::SCHEMA_BYTES;
use nautscan_core::proto::grpc::Schemas;

use crate::CaptureError;
use crate::limits::{SCHEMA_FILES, SCHEMA_FOLDERS};

/// How a set is made, for those who gave something else.
const MAKE_SET: &str = "Make one with `protoc --include_imports --descriptor_set_out=FILE *.proto` or \
    `buf build -o FILE.binpb`, or give the .proto files.";
const GIVE_ROOT: &str = "Give the folder from which its imports begin as well, or a set that has them \
    all: `protoc --include_imports --descriptor_set_out=FILE *.proto`.";

/// Endings of files that are taken for sets in a folder; a file that is named is one whatever its
/// ending.
const SETS: [&str; 7] = ["desc", "pb", "binpb", "protoset", "protobin", "fds", "dsc"];

/// Reads schemas. A file is a set of descriptors, or source if it ends in `.proto`; of a folder all
/// such files are read, those in folders within it too. Imports are looked for in the folders, and
/// beside each source.
///
/// # Errors
///
/// [`CaptureError::Schema`] names the first file that cannot be used, and why.
pub fn load(paths: &[PathBuf]) -> Result<Schemas, CaptureError> {
    let mut found = Found::default();
    for path in paths {
        found.add(path)?;
    }
    let mut schemas = Schemas::default();
    for path in &found.sets {
        let bytes = read(path).map_err(|error| unreadable(path, &error))?;
        add(&mut schemas, &bytes, path)?;
    }
    compile(&found, &mut schemas)?;
    Ok(schemas)
}

/// What a file holds, and of one that is too large no more than shows that.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(SCHEMA_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn add(schemas: &mut Schemas, bytes: &[u8], path: &Path) -> Result<(), CaptureError> {
    let added = schemas.add(bytes, &path.display().to_string());
    added.map_err(|error| unusable(path, &error.to_string(), MAKE_SET))
}

/// Files by what they are.
#[derive(Default)]
struct Found {
    sets: BTreeSet<PathBuf>,
    sources: BTreeSet<PathBuf>,
    /// Where imports begin.
    roots: Vec<PathBuf>,
}

impl Found {
    fn add(&mut self, path: &Path) -> Result<(), CaptureError> {
        let facts = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if facts.is_dir() {
            let before = self.count();
            self.add_root(path);
            self.add_folder(path, 0)?;
            if self.count() == before {
                let endings = SETS.join(", .");
                let why = format!("it holds no schema (.proto, .{endings})");
                return Err(unusable(path, &why, MAKE_SET));
            }
        } else if ending(path) == Some("proto") {
            self.sources.insert(path.to_owned());
        } else {
            self.sets.insert(path.to_owned());
        }
        Ok(())
    }

    fn count(&self) -> usize {
        self.sets.len() + self.sources.len()
    }

    fn add_root(&mut self, path: &Path) {
        if !self.roots.iter().any(|root| root == path) {
            self.roots.push(path.to_owned());
        }
    }

    fn add_folder(&mut self, folder: &Path, depth: usize) -> Result<(), CaptureError> {
        let listed = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
        for entry in listed {
            let path = entry.map_err(|error| unreadable(folder, &error))?.path();
            let is_hidden =
                path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if is_hidden {
                continue;
            }
            if path.is_dir() {
                if depth == SCHEMA_FOLDERS {
                    let why = format!("it has more than {SCHEMA_FOLDERS} folders in each other");
                    return Err(unusable(folder, &why, "Give a folder further in."));
                }
                self.add_folder(&path, depth + 1)?;
            } else if ending(&path) == Some("proto") {
                self.sources.insert(path);
            } else if ending(&path).is_some_and(|ending| SETS.contains(&ending)) {
                self.sets.insert(path);
            }
            if self.count() > SCHEMA_FILES {
                let why = format!("it has more than {SCHEMA_FILES} schemas");
                return Err(unusable(folder, &why, "Give a folder further in, or a set."));
            }
        }
        Ok(())
    }
}

/// Compiles all sources together, so that each is read once however often it is imported.
fn compile(found: &Found, schemas: &mut Schemas) -> Result<(), CaptureError> {
    if found.sources.is_empty() {
        return Ok(());
    }
    let mut roots = found.roots.clone();
    for source in &found.sources {
        let folder = source.parent().unwrap_or(Path::new(""));
        if !roots.iter().any(|root| source.starts_with(root)) {
            roots.push(folder.to_owned());
        }
    }
    let failed = |path: &Path, error: &protox::Error| {
        let why = match error.file() {
            Some(file) => format!("{file}: {error}"),
            None => error.to_string(),
        };
        let remedy = match error.is_file_not_found() {
            true => GIVE_ROOT,
            false => "Mend it, or leave it out.",
        };
        unusable(path, &why, remedy)
    };
    let first = found.sources.first().map_or(Path::new(""), PathBuf::as_path);
    let mut compiler = protox::Compiler::new(&roots).map_err(|error| failed(first, &error))?;
    compiler.include_imports(true);
    for source in &found.sources {
        compiler.open_file(source).map_err(|error| failed(source, &error))?;
    }
    let set = compiler.encode_file_descriptor_set();
    add(schemas, &set, first)
}

fn ending(path: &Path) -> Option<&str> {
    path.extension()?.to_str()
}

fn unreadable(path: &Path, error: &io::Error) -> CaptureError {
    let remedy = "See that the path is right, and that the user who captures may read it.";
    unusable(path, &error.to_string(), remedy)
}

fn unusable(path: &Path, why: &str, remedy: &str) -> CaptureError {
    CaptureError::Schema {
        path: path.display().to_string(),
        why: why.to_owned(),
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMON: &str = "syntax = \"proto3\"; package lab; message Thing { string name = 1; }";
    const ORDERS: &str = "syntax = \"proto3\"; package lab; import \"lab/common.proto\"; \
        service Orders { rpc Find(Thing) returns (Thing); }";

    struct Folder(PathBuf);

    impl Folder {
        fn with(name: &str, files: &[(&str, &[u8])]) -> Self {
            let path = std::env::temp_dir().join(format!("nautscan-{}-{name}", std::process::id()));
            for (file, content) in files {
                let file = path.join(file);
                fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
                fs::write(file, content).expect("a file");
            }
            Self(path)
        }
        fn at(&self, file: &str) -> PathBuf {
            self.0.join(file)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn refused(paths: &[PathBuf]) -> (String, String) {
        let error = load(paths).expect_err("no schema");
        assert_eq!(error.code(), "bad_file");
        (error.to_string(), error.remedy())
    }

    #[test]
    fn folders_sources_and_sets_are_read() {
        let files = [("lab/common.proto", COMMON), ("lab/orders.proto", ORDERS), ("README", "no")];
        let files = files.map(|(name, text)| (name, text.as_bytes()));
        let folder = Folder::with("read", &files);
        let schemas = load(std::slice::from_ref(&folder.0)).expect("a folder");
        assert_eq!((schemas.methods(), schemas.services()), (1, vec!["lab.Orders".to_owned()]));
        let one = load(&[folder.at("lab/orders.proto"), folder.0.clone()]).expect("both");
        assert_eq!(one.methods(), 1);
        let mut compiler = protox::Compiler::new([&folder.0]).expect("a root");
        compiler.include_imports(true).open_file("lab/orders.proto").expect("it");
        fs::write(folder.at("all.binpb"), compiler.encode_file_descriptor_set()).expect("a file");
        let set = load(&[folder.at("all.binpb")]).expect("a set");
        assert_eq!(set.methods(), 1);
        assert_eq!(load(std::slice::from_ref(&folder.0)).expect("both alike").methods(), 1);
    }

    #[test]
    fn what_is_wrong_names_the_file_and_what_to_do() {
        let files = [
            ("a/orders.proto", ORDERS.as_bytes()),
            ("b/bad.proto", b"syntax = proto3"),
            ("c/none.txt", b"x"),
            ("d/text.desc", b"\xff\xff"),
        ];
        let folder = Folder::with("wrong", &files);
        let (why, remedy) = refused(&[folder.at("a/orders.proto")]);
        assert!(why.contains("a/orders.proto") && why.contains("lab/common.proto"), "{why}");
        assert!(remedy.contains("imports begin"), "{remedy}");
        let (why, _) = refused(&[folder.at("b")]);
        assert!(why.contains("bad.proto"), "{why}");
        let (why, remedy) = refused(&[folder.at("c")]);
        assert!(why.contains("holds no schema") && remedy.contains("protoc"), "{why}");
        let (why, remedy) = refused(&[folder.at("d/text.desc")]);
        assert!(why.contains("text.desc") && why.contains("FileDescriptorSet"), "{why}");
        assert!(remedy.contains("--include_imports"), "{remedy}");
        let (why, _) = refused(&[folder.at("missing.desc")]);
        assert!(why.contains("missing.desc"), "{why}");
    }

    /// A capture, or a device, that is given by mistake is not read into memory.
    #[cfg(unix)]
    #[test]
    fn a_file_without_an_end_is_refused() {
        let (why, _) = refused(&[PathBuf::from("/dev/zero")]);
        assert!(why.contains("MiB"), "{why}");
    }

    /// Reaches `SCHEMA_FOLDERS`, `SCHEMA_FILES`.
    #[test]
    fn folders_are_read_up_to_the_caps() {
        let deep = format!("{}a.proto", "d/".repeat(SCHEMA_FOLDERS + 1));
        let folder = Folder::with("deep", &[(&deep, b"")]);
        let (why, _) = refused(std::slice::from_ref(&folder.0));
        assert!(why.contains("folders in each other"), "{why}");
        let names: Vec<String> = (0..=SCHEMA_FILES).map(|at| format!("{at}.proto")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &b""[..])).collect();
        let folder = Folder::with("many", &files);
        let (why, _) = refused(std::slice::from_ref(&folder.0));
        assert!(why.contains("more than"), "{why}");
    }
}
