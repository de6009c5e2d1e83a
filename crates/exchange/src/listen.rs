//! Connections: at most so many from one address, and none that stays silent.
//!
//! A cap over all addresses would let a stranger keep everybody out; a connection without a time limit lets him hold
//! memory for nothing. Behind a reverse proxy all clients have its address: raise `connections_per_address` there.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep};

type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// A listener with a cap for each address.
#[derive(Debug)]
pub struct LimitedListener {
    inner: TcpListener,
    counts: Counts,
    per_address: usize,
    idle: Duration,
}

impl LimitedListener {
    /// Limits a listener.
    #[must_use]
    pub fn new(inner: TcpListener, per_address: usize, idle: Duration) -> Self {
        Self { inner, counts: Counts::default(), per_address, idle }
    }
}

impl Listener for LimitedListener {
    type Io = LimitedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (LimitedStream, SocketAddr) {
        loop {
            // Waits and tries again when the process has no descriptors left.
            let (stream, address) = Listener::accept(&mut self.inner).await;
            let Some(place) = Place::take(&self.counts, address.ip(), self.per_address) else {
                tracing::debug!("a connection was dropped: too many from its address");
                continue;
            };
            // Without it, Nagle's algorithm and delayed acknowledgements hold answers back for 40 ms.
            let _ = stream.set_nodelay(true);
            let until = Box::pin(tokio::time::sleep(self.idle));
            return (LimitedStream { stream, until, idle: self.idle, _place: place }, address);
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Connected<IncomingStream<'_, LimitedListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, LimitedListener>) -> Self {
        Self(stream.remote_addr().ip())
    }
}

/// One address's place among its connections, given back when dropped.
#[derive(Debug)]
struct Place {
    counts: Counts,
    address: IpAddr,
}

impl Place {
    fn take(counts: &Counts, address: IpAddr, most: usize) -> Option<Self> {
        let mut open = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Self { counts: counts.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// A connection that ends when nothing moves for too long.
#[derive(Debug)]
pub struct LimitedStream {
    stream: TcpStream,
    until: Pin<Box<Sleep>>,
    idle: Duration,
    _place: Place,
}

impl LimitedStream {
    /// Something moved: the time begins anew. Nothing moves: is the time over?
    fn watch<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            let until = Instant::now() + self.idle;
            self.until.as_mut().reset(until);
            return polled;
        }
        match self.until.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for LimitedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.watch(context, polled)
    }
}

impl AsyncWrite for LimitedStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn one_address_has_so_many_connections_and_silence_ends_one() {
        let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = inner.local_addr().unwrap();
        let mut listener = LimitedListener::new(inner, 1, Duration::from_millis(50));
        let mut first = TcpStream::connect(address).await.unwrap();
        let (mut served, _) = listener.accept().await;
        let mut second = TcpStream::connect(address).await.unwrap();
        let mut byte = [0; 1];
        tokio::select! {
            _ = listener.accept() => panic!("a second connection was taken"),
            ended = second.read(&mut byte) => assert!(!matches!(ended, Ok(1)), "the second one ends at once"),
        }
        first.write_all(b"x").await.unwrap();
        assert_eq!(served.read(&mut [0; 1]).await.unwrap(), 1);
        assert_eq!(served.read(&mut [0; 1]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(served);
        TcpStream::connect(address).await.unwrap();
        listener.accept().await;
    }
}
