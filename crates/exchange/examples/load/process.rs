//! What the kernel knows about a process: processor time and memory.

/// User and system time so far, in seconds. A tick is 10 ms on every Linux that Rust runs on.
pub fn cpu_seconds(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name, in brackets, may hold spaces.
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

/// A line of `smaps_rollup`, in KiB: `Rss` or `Pss`, or of them the part that is no file: `Pss_Anon`.
pub fn memory_kib(pid: u32, line: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let found = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
    found.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Bytes of the files below a folder.
pub fn disk_bytes(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| {
        let path = entry.path();
        if path.is_dir() { disk_bytes(&path) } else { entry.metadata().map_or(0, |data| data.len()) }
    };
    entries.flatten().map(size).sum()
}

/// The most memory that the process ever had, in KiB.
pub fn peak_kib(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let found = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    found.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
