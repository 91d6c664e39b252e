//! The body of a viewer's answer: blocks as they come, as long as the log-in holds.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use futures_util::Stream;

use super::viewers::ViewerQueue;

/// The blocks of one viewer. `holds` is asked before each: a log-in that is over ends the stream.
pub(crate) struct ViewerBody<F> {
    queue: ViewerQueue,
    holds: F,
    greeting: Option<Bytes>,
}

impl<F: Fn() -> bool + Send + Unpin + 'static> ViewerBody<F> {
    pub(crate) fn new(queue: ViewerQueue, holds: F) -> Self {
        // Something at once, so that the browser knows that the stream is open; and how soon it
        // comes back when it breaks.
        let greeting = Some(Bytes::from_static(b"retry: 2000\n: the stream is open\n\n"));
        Self {
            queue,
            holds,
            greeting,
        }
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from_stream(self));
        let headers = response.headers_mut();
        let value = HeaderValue::from_static;
        headers.insert(CONTENT_TYPE, value("text/event-stream"));
        headers.insert(CACHE_CONTROL, value("no-store"));
        // A proxy before us must not collect events.
        headers.insert("x-accel-buffering", value("no"));
        response
    }
}

impl<F: Fn() -> bool + Send + Unpin + 'static> Stream for ViewerBody<F> {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(greeting) = this.greeting.take() {
            return Poll::Ready(Some(Ok(greeting)));
        }
        let block = std::task::ready!(this.queue.poll(context));
        Poll::Ready(block.filter(|_| (this.holds)()).map(Ok))
    }
}
