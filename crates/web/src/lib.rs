//! The HTTP API and the pages of hub, vehicle and station: one contract, three sites.
//!
//! A site says what it knows ([`Site`]) and who may ask ([`Accounts`]); everything between that and
//! the browser is here: log-in, sessions, roles, limits, the live stream, OpenAPI, the embedded
//! pages, TLS. Time and randomness are passed in ([`Surroundings`]); what is worth showing and
//! where it comes from is the site's matter.
//!
//! ```text
//!             ┌ pages (open: they hold no data)
//! browser ─► server ─► guard ─► api ─► App::ask ─► Site   (a thread that may block)
//!                                  └─► live ◄───── Live::publish   (never waits for a viewer)
//! ```
//!
//! | file | what it is |
//! |---|---|
//! | [`site`] | what a site may know and do; what it does not is answered with 404 |
//! | [`types`] | the contract |
//! | [`sentence`] | what is said in words, with codes for other languages |
//! | `api` | each route with its description |
//! | `guard` | who is asked back: log-in, role, CSRF, limits, headers |
//! | [`accounts`], `session`, `attempts`, `password` | who may |
//! | [`live`] | the stream of events, with a bound for each viewer |
//! | `export` | CSV and GPX, as they are read |
//! | `pages` | the dashboard, embedded when it was built before |
//! | [`server`] | sockets, TLS, time-outs, the end |

#![forbid(unsafe_code)]

pub mod accounts;
mod api;
mod app;
mod attempts;
mod export;
mod extract;
mod guard;
pub mod live;
mod pages;
pub mod password;
mod rate;
mod refusal;
pub mod sentence;
pub mod server;
mod session;
pub mod site;
mod surroundings;
pub mod types;

pub use accounts::{Account, Accounts, Role};
pub use api::openapi;
pub use app::{Settings, Web};
pub use guard::Peer;
pub use live::Live;
pub use pages::are_embedded as pages_are_embedded;
pub use refusal::{Answer, Refusal};
pub use sentence::{Said, Sentence};
pub use site::{Actor, Deed, Site};
pub use surroundings::Surroundings;
