//! Which commands of a server are carried out: not one that came twice, not one that waited until
//! nobody hopes for its answer any more, and not more than a person gives.
//!
//! ThingsBoard delivers at least once. A repeated command has the number, the device and the call
//! of one that came a moment before; it gets the same answer and is not carried out again. A
//! server that was restarted counts from 0, so a number alone says nothing. Sans-IO: the role asks
//! [`Doorkeeper::judge`] and tells what it answered.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value as Json;
use v2x_units::Instant;

use crate::thingsboard::rpc::{Asked, Call, Command};

/// A server waits for 5 s at least and for 10 s if nobody says otherwise: what is older is not
/// carried out behind the back of somebody who was told that it failed.
pub const CARRIED_OUT_WITHIN: Duration = Duration::from_secs(8);

/// How long a command is recognised as one that came before.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);
/// Commands that are remembered.
const REMEMBERED_MAX: usize = 64;

/// Commands in a row.
const BURST: u32 = 20;
/// After so long one more is allowed.
const ONE_MORE_AFTER: Duration = Duration::from_secs(1);

/// What is to become of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is to be carried out, and [`Doorkeeper::answered`] told of the answer.
    CarryOut,
    /// It came before and has this answer.
    Repeated(Json),
    /// It came before and is under way; its answer is for both.
    UnderWay,
    /// It is refused, for this reason.
    Refused(String),
}

/// A command that came lately.
#[derive(Debug)]
struct Remembered {
    at: Instant,
    asked: Asked,
    call: Call,
    answer: Option<Json>,
}

/// Judges commands in their order.
#[derive(Debug)]
pub struct Doorkeeper {
    lately: VecDeque<Remembered>,
    /// Commands that may come in a row.
    allowed: u32,
    /// When one more was allowed last.
    counted: Instant,
    /// Commands refused for being too many or too late since somebody asked.
    turned_away: u64,
}

impl Doorkeeper {
    /// One that has seen nothing yet.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            lately: VecDeque::new(),
            allowed: BURST,
            counted: now,
            turned_away: 0,
        }
    }

    /// What is to become of a command. One that cannot be read is to be carried out too: it is
    /// answered with what is wrong.
    pub fn judge(&mut self, command: &Command, now: Instant) -> Verdict {
        self.forget(now);
        if let Ok(call) = &command.call
            && let Some(before) = self.find(&command.asked, call)
        {
            return match &before.answer {
                Some(answer) => Verdict::Repeated(answer.clone()),
                None => Verdict::UnderWay,
            };
        }
        let waited = now.since(command.at);
        if waited > CARRIED_OUT_WITHIN {
            self.turned_away += 1;
            let seconds = waited.as_secs();
            return Verdict::Refused(format!(
                "the command waited for {seconds} s and is not carried out any more; ask again"
            ));
        }
        if self.allowed == 0 {
            self.turned_away += 1;
            return Verdict::Refused(format!(
                "too many commands: {BURST} in a row and one a second are carried out; ask again"
            ));
        }
        self.allowed -= 1;
        if let Ok(call) = &command.call {
            if self.lately.len() >= REMEMBERED_MAX {
                self.lately.pop_front();
            }
            self.lately.push_back(Remembered {
                at: now,
                asked: command.asked.clone(),
                call: call.clone(),
                answer: None,
            });
        }
        Verdict::CarryOut
    }

    /// A command that was carried out has this answer.
    pub fn answered(&mut self, command: &Command, answer: &Json) {
        if let Ok(call) = &command.call
            && let Some(before) = self.find_mut(&command.asked, call)
        {
            before.answer = Some(answer.clone());
        }
    }

    /// Takes the number of commands that were turned away for being too many or too late.
    pub fn take_turned_away(&mut self) -> u64 {
        std::mem::take(&mut self.turned_away)
    }

    fn forget(&mut self, now: Instant) {
        while (self.lately.front()).is_some_and(|first| now.since(first.at) > REMEMBERED_FOR) {
            self.lately.pop_front();
        }
        while self.allowed < BURST && now.since(self.counted) >= ONE_MORE_AFTER {
            self.allowed += 1;
            self.counted = self.counted + ONE_MORE_AFTER;
        }
        if self.allowed == BURST {
            self.counted = now;
        }
    }

    fn find(&self, asked: &Asked, call: &Call) -> Option<&Remembered> {
        let mut lately = self.lately.iter();
        lately.find(|before| before.asked == *asked && before.call == *call)
    }

    fn find_mut(&mut self, asked: &Asked, call: &Call) -> Option<&mut Remembered> {
        let mut lately = self.lately.iter_mut();
        lately.find(|before| before.asked == *asked && before.call == *call)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    fn command(id: u64, text: &str, millis: u64) -> Command {
        let payload = json!({ "method": "markEvent", "params": { "text": text } }).to_string();
        let topic = format!("v1/devices/me/rpc/request/{id}");
        Command::parse(&topic, payload.as_bytes(), at(millis)).unwrap()
    }

    #[test]
    fn command_that_comes_twice_is_carried_out_once_and_answered_alike() {
        let mut door = Doorkeeper::new(at(0));
        let first = command(7, "a", 0);
        assert_eq!(door.judge(&first, at(0)), Verdict::CarryOut);
        assert_eq!(door.judge(&command(7, "a", 10), at(10)), Verdict::UnderWay);
        door.answered(&first, &json!({ "ok": true }));
        let again = door.judge(&command(7, "a", 20), at(20));
        assert_eq!(again, Verdict::Repeated(json!({ "ok": true })));
        let other = door.judge(&command(7, "b", 30), at(30));
        assert_eq!(other, Verdict::CarryOut, "a server that counts anew");
        let next = door.judge(&command(8, "a", 40), at(40));
        assert_eq!(next, Verdict::CarryOut, "somebody who means it twice");
        let late = door.judge(&command(7, "a", 61_001), at(61_001));
        assert_eq!(late, Verdict::CarryOut, "a minute later it is another one");
    }

    #[test]
    fn command_that_waited_too_long_is_not_carried_out() {
        let mut door = Doorkeeper::new(at(0));
        assert_eq!(door.judge(&command(1, "a", 0), at(8000)), Verdict::CarryOut);
        let Verdict::Refused(why) = door.judge(&command(2, "a", 0), at(9500)) else {
            panic!("it waited for 9.5 s");
        };
        assert!(why.contains("waited for 9 s"), "{why}");
    }

    #[test]
    fn more_commands_than_a_person_gives_are_refused_and_counted_until_time_has_passed() {
        let mut door = Doorkeeper::new(at(0));
        for id in 0..20 {
            assert_eq!(door.judge(&command(id, "a", 0), at(0)), Verdict::CarryOut);
        }
        for id in 20..25 {
            let verdict = door.judge(&command(id, "a", 900), at(900));
            assert!(matches!(verdict, Verdict::Refused(why) if why.contains("too many")));
        }
        assert_eq!(door.take_turned_away(), 5);
        assert_eq!(door.take_turned_away(), 0);
        let now = 1000;
        assert_eq!(
            door.judge(&command(30, "a", now), at(now)),
            Verdict::CarryOut
        );
        let second = door.judge(&command(31, "a", now), at(now));
        assert!(matches!(second, Verdict::Refused(_)), "one a second");
        let now = 3_600_000;
        for id in 40..60 {
            let verdict = door.judge(&command(id, "a", now), at(now));
            assert_eq!(verdict, Verdict::CarryOut, "{id}");
        }
        let verdict = door.judge(&command(60, "a", now), at(now));
        assert!(
            matches!(verdict, Verdict::Refused(_)),
            "an hour of rest is no larger burst"
        );
    }

    #[test]
    fn full_memory_forgets_the_oldest() {
        let mut door = Doorkeeper::new(at(0));
        for id in 0..=64 {
            let now = id * 900;
            assert_eq!(
                door.judge(&command(id, "a", now), at(now)),
                Verdict::CarryOut
            );
        }
        let now = 64 * 900;
        assert_eq!(
            door.judge(&command(1, "a", now), at(now)),
            Verdict::UnderWay
        );
        let forgotten = door.judge(&command(0, "a", now), at(now));
        assert_eq!(forgotten, Verdict::CarryOut);
    }
}
