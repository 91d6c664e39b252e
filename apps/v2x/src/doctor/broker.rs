//! Whether the broker is found, reached, trusted, and takes the login.
//!
//! The session is the daemon's own; it ends as soon as the broker has answered, and sends nothing.

use std::net::ToSocketAddrs as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use v2x_uplink::session::Down;
use v2x_uplink::{Session, SessionEvent, supply};

use super::{Finding, Manner};
use crate::clock::Clock;
use crate::config::MqttConfig;
use crate::failure::Failure;

const BROKER: &str = "broker";
const LOGIN: &str = "login";
/// Beyond the session's own bound of 20 s for name, TCP, TLS and CONNACK.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Looks for the broker and tries the login once.
pub(super) fn examine(
    mqtt: Option<&MqttConfig>,
    login: Option<&Failure>,
    manner: Manner,
) -> Vec<Finding> {
    if let Some(failure) = login {
        let (what, todo) = (failure.what(), failure.hint_text());
        return vec![
            Finding::problem(LOGIN, what, todo.unwrap_or("see `v2x config check`")),
            Finding::warning(BROKER, "not tried without a login", "mend the login first"),
        ];
    }
    let Some(mqtt) = mqtt else {
        return vec![Finding::fine(BROKER, "none is named: nothing is uploaded")];
    };
    let mut findings: Vec<_> = mqtt.exposed_token().map(exposed).into_iter().collect();
    findings.push(reach(mqtt, manner));
    findings
}

/// A token that others on this computer can use.
fn exposed(path: &Path) -> Finding {
    Finding::warning(
        LOGIN,
        format!(
            "everybody on this computer can read the token in {}",
            path.display()
        ),
        format!("hide it: chmod 600 '{}'", path.display()),
    )
}

/// Whether the broker is there and takes the login.
fn reach(mqtt: &MqttConfig, manner: Manner) -> Finding {
    let (host, port) = (mqtt.broker.host(), mqtt.broker.port());
    let address = format!("{host}:{port}");
    if let Err(error) = (host, port).to_socket_addrs() {
        return Finding::problem(
            BROKER,
            format!("the name `{host}` is not found: {error}"),
            "check mqtt.url, and that this computer is on a network with a name server: \
             resolvectl query, ping",
        );
    }
    match first_answer(mqtt, manner.clock) {
        Ok(None) => Finding::fine(BROKER, format!("{address} takes the login")),
        Ok(Some(why)) => down(&address, &why),
        Err(why) => Finding::problem(
            BROKER,
            format!("{address}: {why}"),
            "check the certificates that the configuration names",
        ),
    }
}

fn down(address: &str, why: &Down) -> Finding {
    let what = format!("{address}: {why}");
    match why {
        Down::Refused { code: 4 | 5, .. } => Finding::problem(
            LOGIN,
            what,
            "copy the access token of the device from the server into the token file again",
        ),
        Down::Refused { .. } => Finding::problem(
            BROKER,
            what,
            "check mqtt.url: host, port, and mqtt:// or mqtts://",
        ),
        Down::Unreachable(reason) if reason.contains("certificate") => Finding::problem(
            BROKER,
            what,
            "if the broker is yours, give the CA that signed its certificate (mqtt.ca_file); the \
             name in mqtt.url must be one of the certificate, and this computer's clock right",
        ),
        Down::Unreachable(reason) if reason.contains("refused") => Finding::problem(
            BROKER,
            what,
            "nothing listens there: check the port in mqtt.url, and that the broker runs",
        ),
        Down::Unreachable(_) | Down::Closed | Down::Lost(_) => Finding::problem(
            BROKER,
            what,
            "check the network, the firewall and mqtt.url: mqtt:// usually has port 1883, mqtts:// \
             8883",
        ),
    }
}

/// What the broker says first: `None` when it takes the login.
fn first_answer(mqtt: &MqttConfig, clock: Clock) -> Result<Option<Down>, String> {
    // The outbox's end stays, and empty: there is nothing to be sent.
    let (_outbox, session_end) = supply::supply();
    let (tell, told) = mpsc::channel();
    let id = getrandom::u32().map_err(|error| error.to_string())?;
    let session = Session::new(
        &mqtt.settings(format!("v2x-doctor-{id:08x}")),
        session_end,
        move |event| {
            // Nobody listens any more once the first answer is there.
            tell.send(event).unwrap_or_default();
        },
        Box::new(move || clock.now().instant),
        Box::new(|| 0),
    );
    let session = session.map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let mut answer = Err("it did not answer in time".to_owned());
    runtime.block_on(session.run(async {
        let until = clock.now().instant + ANSWER_WITHIN;
        while clock.now().instant < until {
            match told.try_recv() {
                Ok(SessionEvent::Connected) => {
                    answer = Ok(None);
                    return;
                }
                Ok(SessionEvent::Down { why, .. }) => {
                    answer = Ok(Some(why));
                    return;
                }
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }));
    answer
}
