//! The daemon's local commands: a Unix socket in its folder, for whoever runs the daemon.
//!
//! Not over the network, and not for everybody on this computer: the socket belongs to the
//! daemon's user alone (mode 0600), and who connects must be that user or root. One request a
//! connection: a line of JSON, answered by a line of JSON. What requests mean is the role's; the
//! daemon's work waits for none of them.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::socket_peercred;
use serde_json::{Value as Json, json};
use tracing::{debug, info, warn};

use super::Shutdown;
use super::threads::Threads;
use crate::failure::{Blame, Context as _, Failure};

/// The name of the socket in the daemon's folder.
const NAME: &str = "control";
/// Nobody but the owner.
const MODE: u32 = 0o600;
/// The longest request and answer.
const LINE_MAX: u64 = 4096;
/// How long whoever connected has for his line.
const LINE_WITHIN: Duration = Duration::from_secs(2);
/// How long a daemon may take to answer; roles answer within five seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// How soon a request to stop is noticed.
const GLANCE_NS: i64 = 100_000_000;

/// Where a daemon with this folder listens.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// Listens in a thread that ends with the daemon; `answer` gets each request and the number of the
/// user who asks. A folder in which no socket can be made is told, and the daemon does without.
pub(crate) fn serve(
    folder: &Path,
    shutdown: Shutdown,
    threads: &mut Threads,
    mut answer: impl FnMut(&Json, u32) -> Json + Send + 'static,
) -> Result<(), Failure> {
    let path = path(folder);
    let listener = match listen(&path) {
        Ok(listener) => listener,
        Err(error) => {
            let shown = path.display();
            warn!(%error, path = %shown, "no local commands: the socket cannot be made");
            return Ok(());
        }
    };
    info!(path = %path.display(), "local commands");
    threads.spawn("control", move || {
        while !shutdown.is_requested() {
            if !wait(&listener) {
                continue;
            }
            match listener.accept() {
                Ok((stream, _)) => {
                    if let Err(error) = attend(stream, &mut answer) {
                        debug!(%error, "a local command came to nothing");
                    }
                }
                Err(error) => debug!(%error, "nobody to listen to"),
            }
        }
        fs::remove_file(&path).ok();
    })
}

/// Makes the socket; one that a daemon left behind that was killed is in the way.
fn listen(path: &Path) -> std::io::Result<UnixListener> {
    let is_left = fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    if is_left {
        if UnixStream::connect(path).is_ok() {
            let why = "another daemon listens there";
            return Err(std::io::Error::new(ErrorKind::AddrInUse, why));
        }
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn wait(listener: &UnixListener) -> bool {
    let mut watched = [PollFd::new(listener, PollFlags::IN)];
    let timeout = Timespec {
        tv_sec: 0,
        tv_nsec: GLANCE_NS,
    };
    poll(&mut watched, Some(&timeout)).is_ok_and(|ready| ready > 0)
}

/// Reads one request and answers it.
fn attend(
    mut stream: UnixStream,
    answer: &mut impl FnMut(&Json, u32) -> Json,
) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(LINE_WITHIN))?;
    stream.set_write_timeout(Some(LINE_WITHIN))?;
    let user = socket_peercred(&stream)?.uid.as_raw();
    let own = rustix::process::geteuid().as_raw();
    let answered = if user == own || user == 0 {
        match serde_json::from_str::<Json>(&line(&mut stream)?) {
            Ok(request) => answer(&request, user),
            Err(error) => refusal(&format!("the request is no JSON: {error}")),
        }
    } else {
        warn!(user, "a local command of another user is refused");
        refusal("only the daemon's own user and root may do this")
    };
    writeln!(stream, "{answered}")
}

fn line(stream: &mut UnixStream) -> std::io::Result<String> {
    let mut text = String::new();
    let mut byte = [0];
    let mut bytes = Vec::new();
    while bytes.len() < usize::try_from(LINE_MAX).unwrap_or(usize::MAX) {
        if stream.read(&mut byte)? == 0 || byte == *b"\n" {
            break;
        }
        bytes.extend(byte);
    }
    text.push_str(&String::from_utf8_lossy(&bytes));
    Ok(text)
}

/// An answer that says what is wrong.
pub(crate) fn refusal(problem: &str) -> Json {
    json!({ "ok": false, "error": problem })
}

/// Asks the daemon that runs in a folder.
pub(crate) fn ask(folder: &Path, request: &Json) -> Result<Json, Failure> {
    let path = path(folder);
    let shown = path.display();
    let hint = "name the folder of a running daemon with --out, and be its user or root: \
                sudo -u v2x";
    let failed = |error: std::io::Error| {
        Failure::new(Blame::Runtime, format_args!("{shown}: {error}")).hint(hint)
    };
    let mut stream = UnixStream::connect(&path).map_err(failed)?;
    stream
        .set_read_timeout(Some(ANSWER_WITHIN))
        .map_err(failed)?;
    writeln!(stream, "{request}").map_err(failed)?;
    let mut text = String::new();
    let read = (&mut stream).take(LINE_MAX).read_to_string(&mut text);
    read.map_err(failed)?;
    serde_json::from_str(&text).blame(Blame::Runtime, format_args!("the answer of {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn socket_is_its_owners_alone_and_survives_a_kill_and_bad_requests() {
        let folder = tempfile::tempdir().unwrap();
        // A killed daemon leaves its socket behind.
        drop(UnixListener::bind(path(folder.path())).unwrap());
        let shutdown = Shutdown::on_signals().unwrap();
        let (mut threads, asked) = (Threads::default(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&asked);
        serve(
            folder.path(),
            shutdown.clone(),
            &mut threads,
            move |it, user| {
                counted.fetch_add(1, Ordering::SeqCst);
                json!({ "ok": true, "you": user, "said": it })
            },
        )
        .unwrap();
        let mode = fs::metadata(path(folder.path())).unwrap().permissions();
        assert_eq!(mode.mode() & 0o7777, 0o600);
        let answer = ask(folder.path(), &json!({ "do": "a \"quote\"" })).unwrap();
        assert_eq!(answer["said"]["do"], "a \"quote\"");
        assert_eq!(answer["you"], rustix::process::geteuid().as_raw());
        for bytes in [&b"{\n"[..], b"\xFF\xFE\n", &[b'x'; 5000]] {
            let mut stream = UnixStream::connect(path(folder.path())).unwrap();
            stream.write_all(bytes).ok();
            let mut text = String::new();
            stream.read_to_string(&mut text).ok();
            assert!(!text.contains("true"), "{text}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert!(ask(folder.path(), &json!(1)).is_ok());
        shutdown.request();
        threads.join();
        assert!(!path(folder.path()).exists());
        assert!(ask(folder.path(), &json!(1)).is_err());
    }
}
