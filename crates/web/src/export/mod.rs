//! Files made while they are read: a thread that may block writes, the browser reads, and between
//! them wait at most [`CHUNKS`] pieces. A reader who leaves ends the writer; one who stalls is cut
//! off by the server's time-out.

mod gpx;
mod table;

use std::io::{self, Read, Write};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::sync::mpsc;

use self::gpx::GpxWriter;
use self::table::TableWriter;
use crate::app::{App, Inner, Turn};
use crate::refusal::{Answer, Refusal};
use crate::site::Period;

/// Pieces between writer and reader.
const CHUNKS: usize = 4;
/// The size of a piece, in bytes.
const CHUNK: usize = 64 * 1024;

/// A table of values.
pub(crate) async fn table(
    app: &App,
    id: String,
    keys: Option<Vec<String>>,
    of: Period,
) -> Answer<Response<Body>> {
    let name = file_name(&id, "csv");
    stream_of(app, ("text/csv; charset=utf-8", &name), move |app, to| {
        // An unknown device is an error, not an empty file.
        app.site.device(&id)?;
        let columns = match keys {
            Some(keys) => keys,
            None => app.site.columns(&id, of)?,
        };
        let mut table = TableWriter::new(to, &columns);
        let mut each = |ts: i64, values: &[Option<Value>]| table.row(ts, values);
        app.site.rows(&id, &columns, of, &mut each)?;
        table.end();
        Ok(())
    })
    .await
}

/// A track.
pub(crate) async fn track(app: &App, id: String, of: Period) -> Answer<Response<Body>> {
    let name = file_name(&id, "gpx");
    stream_of(app, ("application/gpx+xml", &name), move |app, to| {
        let device = app.site.device(&id)?;
        let mut track = GpxWriter::new(to, &device.name);
        app.site.track(&id, of, &mut |point| track.point(&point))?;
        track.end();
        Ok(())
    })
    .await
}

/// A copy of the database.
pub(crate) async fn copy(app: &App, mut copy: Box<dyn Read + Send>) -> Answer<Response<Body>> {
    let kind = ("application/vnd.sqlite3", "v2x-backup.db");
    stream_of(app, kind, move |_, mut to| {
        let copied = io::copy(&mut copy, &mut to).and_then(|_| to.flush());
        copied.map_err(|error| Refusal::Unavailable(format!("the copy: {error}")))
    })
    .await
}

/// Starts the writer and answers with what it writes; with its refusal, when that comes first.
async fn stream_of(
    app: &App,
    (kind, name): (&'static str, &str),
    write: impl FnOnce(&Inner, Chunks) -> Answer<()> + Send + 'static,
) -> Answer<Response<Body>> {
    let permit = app.turn(Turn::Export).await?;
    let (to, mut from) = mpsc::channel(CHUNKS);
    let parts: Arc<Inner> = app.parts();
    tokio::task::spawn_blocking(move || {
        let failed = to.clone();
        let written = write(&parts, Chunks::new(to));
        if let Err(refusal) = written {
            // A reader who has left does not hear it.
            drop(failed.blocking_send(Err(refusal)));
        }
        drop(permit);
    });
    let first = match from.recv().await {
        Some(Err(refusal)) => return Err(refusal),
        Some(Ok(chunk)) => chunk,
        None => Bytes::new(),
    };
    let rest = stream::unfold(from, |mut from| async move {
        let chunk = from.recv().await?;
        // What breaks in the middle breaks the connection, so that nobody takes half for whole.
        Some((
            chunk.map_err(|refusal| io::Error::other(refusal.to_string())),
            from,
        ))
    });
    let body = stream::once(async move { Ok(first) }).chain(rest);
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let disposition = format!("attachment; filename=\"{name}\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// A name that every system takes.
fn file_name(id: &str, end: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name = id
        .chars()
        .take(60)
        .map(|c| if is_plain(c) { c } else { '_' });
    format!("{}.{end}", name.collect::<String>())
}

/// Where a writer writes: pieces to the reader.
struct Chunks {
    to: mpsc::Sender<Answer<Bytes>>,
    buffer: Vec<u8>,
}

impl Chunks {
    fn new(to: mpsc::Sender<Answer<Bytes>>) -> Self {
        Self {
            to,
            buffer: Vec::with_capacity(CHUNK),
        }
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        let sent = self.to.blocking_send(Ok(chunk.into()));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_has_a_name_that_cannot_break_out_of_its_header() {
        assert_eq!(
            file_name("car \"1\"\r\nX: y/../é", "csv"),
            "car__1___X__y_____.csv"
        );
        assert_eq!(file_name("twizy-1", "gpx"), "twizy-1.gpx");
    }
}
