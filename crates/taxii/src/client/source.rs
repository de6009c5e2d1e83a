//! The objects of a file: a bundle, an envelope, one object, or any of these in each line.

use super::ClientError;
use super::file::io;
use monition_intel::json::{self, Limits};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// Size and hash of a file: a state that was made with another file is not used.
pub(super) fn fingerprint(path: &Path) -> Result<(u64, String), ClientError> {
    let mut file = File::open(path).map_err(io("open", path))?;
    let (mut hash, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let n = file.read(&mut chunk).map_err(io("read", path))?;
        if n == 0 {
            break;
        }
        hash.update(&chunk[..n]);
        bytes += n as u64;
    }
    Ok((bytes, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// One object of the file, or why there is none in its place.
pub(super) type Item = Result<Vec<u8>, String>;

/// Reads a file of any length; at most one line, or one whole bundle, is in memory.
pub(super) struct Source {
    path: PathBuf,
    reader: Option<BufReader<File>>,
    ready: std::vec::IntoIter<Item>,
    line: u64,
    read_bytes: u64,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, ClientError> {
        let limits = Limits::default();
        let file = File::open(path).map_err(io("open", path))?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut source =
            Self { path: path.to_owned(), reader: None, ready: Vec::new().into_iter(), line: 0, read_bytes: 0 };
        let mut first = Vec::new();
        // The first line with something in it says which kind of file this is.
        while first.iter().all(u8::is_ascii_whitespace) {
            first.clear();
            source.line += 1;
            let most = limits.bytes_max as u64 + 1;
            let n = (&mut reader).take(most).read_until(b'\n', &mut first).map_err(io("read", path))?;
            source.read_bytes += n as u64;
            if n == 0 {
                return Ok(source);
            }
        }
        if balanced(&first) {
            source.ready = items(&first, &limits).map_err(|detail| source.wrong(detail))?.into_iter();
            source.reader = Some(reader);
            return Ok(source);
        }
        let most = limits.body_bytes_max as u64 + 1;
        reader.take(most - first.len() as u64).read_to_end(&mut first).map_err(io("read", path))?;
        source.line = 0;
        source.read_bytes = first.len() as u64;
        source.ready = items(&first, &limits).map_err(|detail| source.wrong(detail))?.into_iter();
        Ok(source)
    }

    fn wrong(&self, detail: String) -> ClientError {
        let detail = if self.line > 0 { format!("line {}: {detail}", self.line) } else { detail };
        ClientError::Input { path: self.path.clone(), detail }
    }

    /// Bytes of the file that were read so far; a whole bundle is read at once.
    pub(super) fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    pub(super) fn next(&mut self) -> Result<Option<Item>, ClientError> {
        loop {
            if let Some(item) = self.ready.next() {
                return Ok(Some(item));
            }
            let Some(reader) = &mut self.reader else { return Ok(None) };
            let limits = Limits::default();
            let mut line = Vec::new();
            let most = limits.body_bytes_max as u64 + 1;
            let n = reader.take(most).read_until(b'\n', &mut line).map_err(io("read", &self.path))?;
            self.read_bytes += n as u64;
            if n == 0 {
                return Ok(None);
            }
            self.line += 1;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            // A line that is not JSON sinks itself and no other.
            let number = self.line;
            let found = items(&line, &limits).unwrap_or_else(|detail| vec![Err(format!("line {number}: {detail}"))]);
            self.ready = found.into_iter();
        }
    }
}

/// Whether the brackets of a line close: then it is a whole object, if perhaps not a good one.
fn balanced(line: &[u8]) -> bool {
    let limits = Limits::default();
    let Ok(mut extents) = json::object_extents(line, &limits) else { return false };
    loop {
        match extents.next_extent() {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

fn items(text: &[u8], limits: &Limits) -> Result<Vec<Item>, String> {
    let mut extents = json::object_extents(text, limits).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    loop {
        match extents.next_extent() {
            Ok(Some(bytes)) => found.push(json::read(bytes, limits).map(|_| bytes.to_vec()).map_err(|e| e.to_string())),
            Ok(None) if extents.outer().has_objects => return Ok(found),
            // No list of objects: the text itself is the object, if it has an id, and an empty bundle if it is one.
            _ => break,
        }
    }
    let node = json::read(text.trim_ascii(), limits).map_err(|error| error.to_string())?;
    match node.get("type").and_then(|kind| kind.as_str()) {
        Some("bundle") => Ok(Vec::new()),
        Some(_) if node.get("id").is_some() => Ok(vec![Ok(node.span.of(text.trim_ascii()).to_vec())]),
        _ => Err("neither \"objects\" nor an object with type and id".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Item> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut source = Source::open(file.path()).unwrap();
        std::iter::from_fn(|| source.next().unwrap()).collect()
    }

    #[test]
    fn every_kind_of_file_gives_the_same_objects() {
        let (a, b) = (r#"{"type":"x","id":"x--1"}"#, r#"{"type":"x","id":"x--2"}"#);
        let expected: Vec<Item> = vec![Ok(a.into()), Ok(b.into())];
        for text in [
            format!("{a}\n{b}\n"),
            format!("\n{a}\n\n{b}"),
            format!("{{\"objects\":[{a},{b}]}}"),
            format!("{{\n \"type\": \"bundle\",\n \"id\": \"bundle--1\", \"objects\": [{a},\n{b}]\n}}\n"),
            format!("{{\"objects\":[{a}]}}\n{{\"objects\":[{b}]}}\n"),
        ] {
            assert_eq!(read(&text), expected, "{text}");
        }
        assert_eq!(read("{\n\"type\":\"x\",\n\"id\":\"x--1\"}\n").len(), 1);
        assert_eq!(read(""), []);
        assert_eq!(read(r#"{"type":"bundle","id":"bundle--1"}"#), []);
    }

    #[test]
    fn a_bad_line_or_object_sinks_no_neighbour() {
        let a = r#"{"type":"x","id":"x--1"}"#;
        for text in [format!("{a}\n{{broken\n{a}\n"), format!("{{\"objects\":[{a},{{\"a\":1,\"a\":2}},{a}]}}")] {
            let good: Vec<bool> = read(&text).iter().map(Result::is_ok).collect();
            assert_eq!(good, [true, false, true], "{text}");
        }
    }
}
