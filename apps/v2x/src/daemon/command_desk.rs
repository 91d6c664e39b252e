//! Where commands of the server come in and answers go out, for every role.
//!
//! Which are carried out at all is decided by [`Doorkeeper`]; what they do is the role's, which
//! notes each in its store before it answers.

use crossbeam_channel::{Receiver, RecvError, never};
use serde_json::{Value as Json, json};
use tracing::{info, warn};
use v2x_units::Instant;
use v2x_uplink::thingsboard::rpc::Command;
use v2x_uplink::{CommandsEnd, Doorkeeper, Verdict};

/// The role's end of commands.
pub(crate) struct CommandDesk {
    end: Option<CommandsEnd>,
    door: Doorkeeper,
}

impl CommandDesk {
    /// A desk at which commands arrive; without an end none do.
    pub(crate) const fn new(end: Option<CommandsEnd>, now: Instant) -> Self {
        Self {
            end,
            door: Doorkeeper::new(now),
        }
    }

    /// Where commands arrive; each wants [`CommandDesk::take`].
    pub(crate) fn received(&self) -> Receiver<Command> {
        (self.end.as_ref()).map_or_else(never, |end| end.received().clone())
    }

    /// Takes what arrived, and gives it back if it is to be carried out; then it wants
    /// [`CommandDesk::note`] and [`CommandDesk::answer`]. The others are answered here.
    pub(crate) fn take(
        &mut self,
        command: Result<Command, RecvError>,
        now: Instant,
    ) -> Option<Command> {
        let Ok(command) = command else {
            // The session has ended.
            self.end = None;
            return None;
        };
        let answer = match self.door.judge(&command, now) {
            Verdict::CarryOut => return Some(command),
            Verdict::UnderWay => return None,
            Verdict::Repeated(answer) => answer,
            Verdict::Refused(problem) => {
                warn!(problem, "a command is not carried out");
                refusal(&problem)
            }
        };
        self.send(&command, &answer);
        None
    }

    /// What the store keeps of a command: by whom, what, and what came of it.
    pub(crate) fn note(&mut self, command: &Command, answer: &Json) -> String {
        let method = method(command);
        info!(method, %answer, "command");
        let mut detail = json!({
            "by": "server",
            "id": command.asked.id,
            "device": command.asked.device,
            "method": method,
            "params": command.call.as_ref().map_or(&Json::Null, |call| &call.params),
            "answer": answer,
        });
        let turned_away = self.door.take_turned_away();
        if turned_away > 0 {
            detail["turned_away_before"] = turned_away.into();
        }
        detail.to_string()
    }

    /// Answers a command that was carried out, or refused by the role.
    pub(crate) fn answer(&mut self, command: &Command, answer: &Json) {
        self.door.answered(command, answer);
        self.send(command, answer);
    }

    fn send(&self, command: &Command, answer: &Json) {
        if let Some(end) = &self.end
            && !end.answer(&command.asked, answer)
        {
            let method = method(command);
            warn!(method, "the answer found no room; the server will time out");
        }
    }
}

/// The answer to a command that is not carried out.
pub(crate) fn refusal(problem: &str) -> Json {
    json!({ "ok": false, "error": problem })
}

fn method(command: &Command) -> &str {
    command.call.as_ref().map_or("?", |call| &call.method)
}
