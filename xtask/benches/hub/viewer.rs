//! Somebody who opens the live stream and reads nothing of it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// The connection, which stays open and unread.
pub(crate) struct Viewer(#[expect(dead_code, reason = "it stays open as long as this")] TcpStream);

impl Viewer {
    /// Logs in and opens the stream of all devices.
    pub(crate) fn open(port: u16, password: &str) -> Self {
        let body = format!(r#"{{"user":"admin","password":"{password}"}}"#);
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let request = format!(
            "POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut cookie = String::new();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line).expect("it answers") > 2 {
            let lower = line.to_lowercase();
            if lower.starts_with("set-cookie:") {
                let value = line["set-cookie:".len()..].trim();
                value
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .clone_into(&mut cookie);
            }
            line.clear();
        }
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap_or_default();
        assert!(!cookie.is_empty(), "not logged in: {rest}");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let request = format!(
            "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\
             Accept: text/event-stream\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut begin = [0; 15];
        stream.read_exact(&mut begin).expect("it answers");
        assert_eq!(&begin, b"HTTP/1.1 200 OK", "the stream is open");
        Self(stream)
    }
}
