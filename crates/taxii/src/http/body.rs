//! A body out of two parts: what is this caller's, and what many callers share. Neither is copied.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Up to this many bytes one copy is cheaper than a second part.
const JOINED_BYTES_MAX: usize = 4096;

struct Parts {
    head: Bytes,
    tail: Bytes,
}

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let head = std::mem::take(&mut self.head);
        let next = if head.is_empty() { std::mem::take(&mut self.tail) } else { head };
        Poll::Ready((!next.is_empty()).then(|| Ok(Frame::data(next))))
    }

    fn is_end_stream(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((self.head.len() + self.tail.len()) as u64)
    }
}

/// `head`, then `tail`.
pub(super) fn joined(head: Vec<u8>, tail: Bytes) -> Body {
    if tail.len() <= JOINED_BYTES_MAX {
        let mut whole = BytesMut::with_capacity(head.len() + tail.len());
        whole.extend_from_slice(&head);
        whole.extend_from_slice(&tail);
        return Body::from(whole.freeze());
    }
    Body::new(Parts { head: head.into(), tail })
}
