//! State files, replaced whole and durably; and the file of JSON lines, which only grows behind what its state says.

use super::ClientError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Longest state file. A push keeps up to 10,000 failures in it.
const STATE_BYTES_MAX: u64 = 16 << 20;

pub(super) fn io<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> ClientError + 'a {
    move |source| ClientError::Io { doing, path: path.to_owned(), source }
}

/// `path` with something after its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// The state, if there is a file.
pub(super) fn load<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ClientError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(io("open", path))?,
    };
    let mut bytes = Vec::new();
    file.take(STATE_BYTES_MAX).read_to_end(&mut bytes).map_err(io("read", path))?;
    let wrong = |error| ClientError::State { path: path.to_owned(), detail: format!("it is no state file: {error}") };
    serde_json::from_slice(&bytes).map(Some).map_err(wrong)
}

/// Replaces the state; after this it survives a crash.
pub(super) fn save<T: Serialize>(path: &Path, state: &T) -> Result<(), ClientError> {
    let fresh = beside(path, ".new");
    let wrong = |error| ClientError::State { path: path.to_owned(), detail: format!("it cannot be written: {error}") };
    let bytes = serde_json::to_vec(state).map_err(wrong)?;
    let mut file = File::create(&fresh).map_err(io("create", &fresh))?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(io("write", &fresh))?;
    drop(file);
    std::fs::rename(&fresh, path).map_err(io("replace", path))?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> Result<(), ClientError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Windows opens no folders as files; there the rename itself is what can be had.
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io("sync", folder))
    } else {
        Ok(())
    }
}

/// A file of JSON lines that this process alone writes.
pub(super) struct Lines {
    file: File,
    path: PathBuf,
    /// Length of what is whole.
    pub(super) bytes: u64,
}

impl Lines {
    /// Opens the file and cuts it back to `bytes`: what stands behind was written and never counted.
    pub(super) fn open(path: &Path, bytes: Option<u64>) -> Result<Self, ClientError> {
        let state = |detail: String| ClientError::State { path: path.to_owned(), detail };
        let existed = path.exists();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io("open", path))?;
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => return Err(state("another process is writing to it".to_owned())),
            Err(std::fs::TryLockError::Error(source)) => return Err(io("lock", path)(source)),
            Ok(()) => {}
        }
        let length = file.metadata().map_err(io("read", path))?.len();
        let keep = match bytes {
            None if length > 0 => return Err(state("it exists, and no state file says how it came to be".to_owned())),
            None => 0,
            Some(bytes) if bytes > length => {
                return Err(state(format!("it has {length} bytes, and its state file counts {bytes}")));
            }
            Some(bytes) => bytes,
        };
        file.set_len(keep).map_err(io("cut", path))?;
        file.seek(SeekFrom::End(0)).map_err(io("read", path))?;
        if !existed {
            sync_folder(path)?;
        }
        Ok(Self { file, path: path.to_owned(), bytes: keep })
    }

    /// Each line that is there, without its end.
    pub(super) fn each(&mut self, mut visit: impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), ClientError> {
        self.file.seek(SeekFrom::Start(0)).map_err(io("read", &self.path))?;
        let mut reader = BufReader::with_capacity(1 << 20, &self.file);
        let (mut line, mut number) = (Vec::new(), 0_u64);
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line).map_err(io("read", &self.path))? == 0 {
                break;
            }
            number += 1;
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            visit(text).map_err(|detail| ClientError::State {
                path: self.path.clone(),
                detail: format!("line {number} was altered: {detail}"),
            })?;
        }
        self.file.seek(SeekFrom::End(0)).map_err(io("read", &self.path))?;
        Ok(())
    }

    /// Appends whole lines; after this they survive a crash.
    pub(super) fn append(&mut self, lines: &[u8]) -> Result<(), ClientError> {
        if lines.is_empty() {
            return Ok(());
        }
        self.file.write_all(lines).and_then(|()| self.file.sync_data()).map_err(io("write", &self.path))?;
        self.bytes += lines.len() as u64;
        Ok(())
    }
}
