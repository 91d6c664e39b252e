//! A TCP proxy on the loopback address that can be cut, at once or in the middle of a transfer.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Between two ends; ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    line: Arc<Line>,
}

#[derive(Debug)]
struct Line {
    target: u16,
    is_cut: AtomicBool,
    is_over: AtomicBool,
    /// Bytes that may still pass towards the target before the line cuts itself.
    bytes_left: AtomicU64,
    accepted: AtomicU64,
    sockets: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Listens on a free port and passes everything to the target port.
    ///
    /// # Panics
    /// When the computer has no free port.
    #[must_use]
    pub fn start(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound address").port();
        let line = Arc::new(Line {
            target,
            is_cut: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            bytes_left: AtomicU64::new(u64::MAX),
            accepted: AtomicU64::new(0),
            sockets: Mutex::new(Vec::new()),
        });
        let accepting = Arc::clone(&line);
        thread::spawn(move || accepting.accept(&listener));
        Self { port, line }
    }

    /// The port to connect to.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its address as `mqtt://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Breaks every connection and closes new ones at once, until [`Proxy::mend`].
    pub fn cut(&self) {
        self.line.cut();
    }

    /// Cuts by itself once so many bytes have passed towards the target.
    pub fn cut_after(&self, bytes: u64) {
        self.line.bytes_left.store(bytes, Ordering::SeqCst);
    }

    /// Passes connections again.
    pub fn mend(&self) {
        self.line.bytes_left.store(u64::MAX, Ordering::SeqCst);
        self.line.is_cut.store(false, Ordering::SeqCst);
    }

    /// Whether it is cut now.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.line.is_cut.load(Ordering::SeqCst)
    }

    /// How many connections came so far, those closed at once included.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.line.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.line.is_over.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the accepting thread, which then sees that it is over.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

impl Line {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for near in listener.incoming().flatten() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            self.accepted.fetch_add(1, Ordering::SeqCst);
            if let Some((near, far)) = self.connect(near) {
                self.pass(&near, &far, true);
                self.pass(&far, &near, false);
            }
        }
    }

    /// The other half of a connection; `None` when the line is cut or the target is away.
    fn connect(&self, near: TcpStream) -> Option<(TcpStream, TcpStream)> {
        let far = TcpStream::connect((Ipv4Addr::LOCALHOST, self.target)).ok()?;
        let mut sockets = self.sockets.lock().expect("no holder panics");
        // Looked at under the lock: a cut either finds these sockets or is seen here.
        if self.is_cut.load(Ordering::SeqCst) {
            return None;
        }
        sockets.push(near.try_clone().ok()?);
        sockets.push(far.try_clone().ok()?);
        Some((near, far))
    }

    fn pass(self: &Arc<Self>, from: &TcpStream, to: &TcpStream, is_counted: bool) {
        let line = Arc::clone(self);
        let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
            return;
        };
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read) = from.read(&mut buffer) {
                let passed = if is_counted { line.count(read) } else { read };
                if read == 0 || to.write_all(&buffer[..passed]).is_err() || passed < read {
                    break;
                }
            }
            // Both ends may be gone already.
            to.shutdown(Shutdown::Both).ok();
            from.shutdown(Shutdown::Both).ok();
        });
    }

    /// How many of these bytes may pass; cuts the line when they are the last.
    fn count(&self, bytes: usize) -> usize {
        let wanted = bytes as u64;
        let left = self.bytes_left.load(Ordering::SeqCst);
        if left == u64::MAX {
            return bytes;
        }
        self.bytes_left
            .store(left.saturating_sub(wanted), Ordering::SeqCst);
        if left > wanted {
            return bytes;
        }
        self.cut();
        usize::try_from(left).unwrap_or(bytes)
    }

    fn cut(&self) {
        let mut sockets = self.sockets.lock().expect("no holder panics");
        self.is_cut.store(true, Ordering::SeqCst);
        for socket in sockets.drain(..) {
            // The peer may have closed it already.
            socket.shutdown(Shutdown::Both).ok();
        }
    }
}
