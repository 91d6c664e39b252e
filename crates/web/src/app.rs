//! What all routes share: the site, who is logged in, how much may be asked at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time;
use tracing::{debug, error};

use crate::accounts::Accounts;
use crate::attempts::Attempts;
use crate::live::Live;
use crate::refusal::{Answer, Refusal};
use crate::session::Sessions;
use crate::site::{Actor, Deed, Site};
use crate::surroundings::Surroundings;
use crate::types::Tiles;
use crate::{api, guard, pages};

/// Questions to the site at once: SQLite has one disk, and each may hold a snapshot of it.
const QUESTIONS: usize = 8;
/// Commands at once that wait for a device, 10 s each.
const COMMANDS: usize = 32;
/// Tables, tracks and copies at once, as long as their readers read.
const EXPORTS: usize = 4;
/// Passwords at once: each takes 19 MiB and a core for a moment.
const HASHES: usize = 2;
/// How long a request waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(10);
/// The largest body of a request, in bytes: a file of tariffs.
pub(crate) const BODY_BYTES: usize = 64 * 1024;

/// What the program decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The product's version.
    pub version: String,
    /// The name of the cookie. Browsers do not tell ports apart: sites on one host need one each.
    pub cookie: String,
    /// Whether it is served over TLS only, so that the cookie goes nowhere else.
    pub is_tls: bool,
    /// Where map tiles come from, if the operator wants them. Nothing else is ever asked of others.
    pub tiles: Option<Tiles>,
}

/// What is asked for, of which there is not much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Question,
    Command,
    Export,
    Hash,
}

/// What all routes share.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) site: Arc<dyn Site>,
    pub(crate) accounts: Arc<dyn Accounts>,
    pub(crate) live: Arc<Live>,
    pub(crate) around: Arc<dyn Surroundings>,
    pub(crate) settings: Settings,
    sessions: Mutex<Sessions>,
    attempts: Mutex<Attempts>,
    turns: [Arc<Semaphore>; 4],
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The whole site: API, live stream and pages.
#[derive(Clone)]
pub struct Web(App);

impl Web {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        site: Arc<dyn Site>,
        accounts: Arc<dyn Accounts>,
        live: Arc<Live>,
        around: Arc<dyn Surroundings>,
        settings: Settings,
    ) -> Self {
        let turns = [QUESTIONS, COMMANDS, EXPORTS, HASHES];
        Self(App(Arc::new(Inner {
            site,
            accounts,
            live,
            around,
            settings,
            sessions: Mutex::default(),
            attempts: Mutex::default(),
            turns: turns.map(|turns| Arc::new(Semaphore::new(turns))),
        })))
    }

    /// All routes, behind their guards.
    pub fn router(&self) -> Router {
        let app = self.0.clone();
        let (routes, _) = api::routes().split_for_parts();
        routes
            .fallback(pages::page)
            .layer(DefaultBodyLimit::max(BODY_BYTES))
            .layer(middleware::from_fn_with_state(app.clone(), guard::admit))
            .layer(middleware::from_fn(guard::in_time))
            .layer(middleware::from_fn_with_state(app.clone(), guard::headers))
            .with_state(app)
    }

    /// The live stream.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.0.live
    }

    /// The clock for people, in ms since 1970.
    #[must_use]
    pub fn utc_ms(&self) -> i64 {
        self.0.around.utc_ms()
    }

    /// Ends the log-ins of accounts that are gone or have another password, also of those who only
    /// look on. Called every few seconds.
    pub async fn sweep(&self) {
        let swept = self.0.work(Turn::Question, |app| {
            let users = app.sessions().users();
            for user in users {
                // Accounts that cannot be read now end nobody's log-in.
                let account = app.accounts.find(&user)?;
                app.sessions().keep_only(&user, account.as_ref());
            }
            Ok(())
        });
        if let Err(refusal) = swept.await {
            debug!(%refusal, "log-ins are not looked at");
        }
    }
}

impl App {
    /// Asks the site something on a thread that may block.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Site) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        self.work(Turn::Question, move |app| question(&*app.site))
            .await
    }

    /// Has the site do something, and keeps who wanted it and what came of it.
    pub(crate) async fn command<T: Send + 'static>(
        &self,
        turn: Turn,
        deed: Deed,
        command: impl FnOnce(&Inner) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        self.work(turn, move |app| {
            let outcome = command(app);
            let mut deed = deed;
            if let Err(refusal) = &outcome {
                let refused = format!("refused: {refusal}");
                let has_detail = !deed.detail.is_empty();
                deed.detail = if has_detail {
                    format!("{}; {refused}", deed.detail)
                } else {
                    refused
                };
            }
            app.site.note(deed);
            outcome
        })
        .await
    }

    /// Works on a thread that may block, when it is its turn.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&Inner) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let permit = self.turn(turn).await?;
        let app = Arc::clone(&self.0);
        let worked = tokio::task::spawn_blocking(move || {
            let answer = work(&app);
            drop(permit);
            answer
        });
        worked.await.unwrap_or_else(|failure| {
            error!(%failure, "a question to the site ended by a defect of this program");
            Err(Refusal::Unavailable(
                "a defect of this program; its log says more".to_owned(),
            ))
        })
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self, turn: Turn) -> Answer<OwnedSemaphorePermit> {
        let [questions, commands, exports, hashes] = &self.turns;
        let (turns, what) = match turn {
            Turn::Question => (questions, "too many questions at once"),
            Turn::Command => (commands, "too many commands at once"),
            Turn::Export => (exports, "too many downloads at once"),
            Turn::Hash => (hashes, "too many log-ins at once"),
        };
        let permit = time::timeout(TURN_WITHIN, Arc::clone(turns).acquire_owned()).await;
        permit
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| Refusal::TooMany {
                what: what.to_owned(),
                retry_s: 5,
            })
    }

    /// The inner parts, for a thread of its own.
    pub(crate) fn parts(&self) -> Arc<Inner> {
        Arc::clone(&self.0)
    }
}

impl Inner {
    /// Who is logged in.
    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        // Each change is one step: what a thread that died left behind is whole.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who tried to.
    pub(crate) fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Actor {
    /// What this one does.
    pub(crate) fn does(&self, action: &'static str, subject: &str, detail: String) -> Deed {
        Deed {
            user: self.user.clone(),
            action,
            subject: subject.to_owned(),
            detail,
            from: self.from.clone(),
        }
    }
}
