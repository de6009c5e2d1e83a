//! The load generator: HTTP/1.1 over connections that stay open, requests made ready beforehand, nothing else.
//!
//! It shares the machine with what it measures, so it must be cheap: one write and as few reads as the kernel needs for
//! each request, no parsing beyond the status line and the length.

use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A request as it goes over the wire.
pub fn request(host: &str, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

impl Connection {
    pub async fn open(host: &str) -> Self {
        let stream = TcpStream::connect(host).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(16_384) }
    }

    /// Status and body.
    pub async fn send(&mut self, request: &[u8]) -> (u16, &[u8]) {
        self.stream.write_all(request).await.unwrap();
        self.buffer.clear();
        let (status, start, length) = loop {
            assert_ne!(self.stream.read_buf(&mut self.buffer).await.unwrap(), 0, "the exchange hung up");
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.buffer[..end]).unwrap();
                let status = head[9..12].parse().unwrap();
                let mut lines = head.split("\r\n");
                let length =
                    lines.find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
                break (status, end + 4, length.unwrap_or(0_usize));
            }
        };
        while self.buffer.len() < start + length {
            assert_ne!(self.stream.read_buf(&mut self.buffer).await.unwrap(), 0, "the exchange hung up");
        }
        (status, &self.buffer[start..])
    }
}

/// Sorted times.
pub struct Times(Vec<Duration>);

impl Times {
    pub fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// In milliseconds.
    pub fn at(&self, share: f64) -> f64 {
        let place = (self.0.len().saturating_sub(1)) as f64 * share;
        self.0.get(place as usize).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }
}

/// Sends each connection's requests: as fast as they are answered, or at a fixed rate over all connections. At a fixed rate
/// a time runs from the moment at which the request was due, so that a stall counts for every request that it holds up.
/// Gives the times, the seconds, and the last answer of each connection.
pub async fn drive(host: &str, work: Vec<Vec<Vec<u8>>>, rate: Option<f64>) -> (Times, f64, Vec<Vec<u8>>) {
    let mut tasks = tokio::task::JoinSet::new();
    let connections = work.len();
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open(host).await);
    }
    let started = Instant::now();
    for (number, (requests, mut connection)) in work.into_iter().zip(opened).enumerate() {
        tasks.spawn(async move {
            let mut times = Vec::with_capacity(requests.len());
            let mut last = Vec::new();
            for (sent, request) in requests.iter().enumerate() {
                let due = match rate {
                    Some(rate) => {
                        let due = started + Duration::from_secs_f64((sent * connections + number) as f64 / rate);
                        tokio::time::sleep_until(due.into()).await;
                        due
                    }
                    None => Instant::now(),
                };
                let (status, body) = connection.send(request).await;
                assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
                times.push(due.elapsed());
                if sent + 1 == requests.len() {
                    last = body.to_vec();
                }
            }
            (times, last)
        });
    }
    let (mut times, mut last) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (some, answer) = done.unwrap();
        times.extend(some);
        last.push(answer);
    }
    (Times::new(times), started.elapsed().as_secs_f64(), last)
}
