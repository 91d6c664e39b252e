//! Which language comes over a serial line, decided from its bytes and watched from then on.
//!
//! Not the parser ([`super::listener`]) and not the search for a speed ([`super::speed_search`]).
//! Until the language is known, bytes are kept, so that nothing is lost by not knowing. Afterwards
//! windows of two seconds are looked at: a board that was exchanged under the same port is heard in
//! its own language from the next window on, and a line that makes no sense for ten seconds is
//! unknown again. What it sounds like is told in plain words, once per change.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use v2x_proto::link::{Detector, Verdict};
use v2x_units::Instant;

use super::chunk::{Chunk, Language};

/// How long a line is listened to before it is judged: a framed board reports every second.
const WINDOW: Duration = Duration::from_secs(2);
/// So many windows without sense make a known line unknown: boot text lasts a second.
const STRANGE_ENOUGH: u32 = 5;
/// A collector of the prototype speaks every five seconds, even on a bus at rest.
const SILENCE: Duration = Duration::from_secs(10);
/// The most bytes kept of a line whose language is unknown: more than two windows of a full line.
/// When full, the oldest are given up and counted.
const HELD_MAX: usize = 512 * 1024;

/// Listens to one serial line.
pub(super) struct Ear {
    language: Option<Language>,
    detector: Detector,
    window_began: Instant,
    strange_windows: u32,
    heard_last: Instant,
    told: Option<Remark>,
    held: VecDeque<Chunk>,
    held_bytes: usize,
    /// Bytes given up because they made no sense, since the ear was made.
    foreign_bytes: u64,
}

/// What there is to say about a line; prints itself in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remark {
    /// It is understood.
    Understood(Language),
    /// It is not, or says nothing.
    Strange(Verdict),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Understood(language) => write!(f, "the collector speaks {language}"),
            Self::Strange(verdict) => write!(f, "no collector is heard: {verdict}"),
        }
    }
}

impl Ear {
    /// Starts with nothing heard.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            language: None,
            detector: Detector::new(),
            window_began: now,
            strange_windows: 0,
            heard_last: now,
            told: None,
            held: VecDeque::new(),
            held_bytes: 0,
            foreign_bytes: 0,
        }
    }

    /// Forgets the language: another board may hang on a port that was opened anew.
    pub(super) fn forget(&mut self, now: Instant) {
        self.give_up_held();
        self.language = None;
        self.strange_windows = 0;
        self.heard_last = now;
        self.begin_window(now);
    }

    /// Takes the language from somebody who found out.
    pub(super) fn learn(&mut self, now: Instant, language: Language) {
        self.forget(now);
        self.language = Some(language);
    }

    /// Whether the language is known.
    pub(super) const fn language(&self) -> Option<Language> {
        self.language
    }

    /// Bytes given up until now because they made no sense.
    pub(super) const fn foreign_bytes(&self) -> u64 {
        self.foreign_bytes
    }

    /// Takes what was read; [`Self::next`] gives it back when it can be understood.
    pub(super) fn hear(&mut self, chunk: Chunk) {
        self.heard_last = chunk.at.instant;
        self.detector.feed(&chunk.bytes);
        self.language = self.language.or_else(|| self.recognised());
        self.held_bytes += chunk.bytes.len();
        self.held.push_back(chunk);
        while self.held_bytes > HELD_MAX && self.give_up_oldest() {}
    }

    /// The oldest chunk that was not passed on, and how it is to be read.
    pub(super) fn next(&mut self) -> Option<(Language, Chunk)> {
        let language = self.language?;
        let chunk = self.held.pop_front()?;
        self.held_bytes -= chunk.bytes.len();
        Some((language, chunk))
    }

    /// Judges the line when it is time; says what is new about it.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Remark> {
        let mut remark = self.language.map(Remark::Understood);
        if now.since(self.window_began) >= WINDOW {
            remark = self.judge_window(now).or(remark);
        }
        if now.since(self.heard_last) >= SILENCE {
            remark = Some(Remark::Strange(Verdict::Silence));
        }
        self.tell(remark?)
    }

    /// Passes a remark on when it is not the same as the last.
    pub(super) fn tell(&mut self, remark: Remark) -> Option<Remark> {
        (self.told.replace(remark) != Some(remark)).then_some(remark)
    }

    /// Draws the conclusion from one window; says what is wrong with the line.
    fn judge_window(&mut self, now: Instant) -> Option<Remark> {
        let verdict = self.detector.verdict();
        if matches!(verdict, Verdict::Silence | Verdict::TooFew) {
            // Too little to judge; the next window adds to it.
            self.window_began = now;
            return None;
        }
        let recognised = self.recognised();
        self.begin_window(now);
        if recognised.is_some() {
            self.language = recognised;
            self.strange_windows = 0;
            return recognised.map(Remark::Understood);
        }
        self.strange_windows += 1;
        if self.language.is_some() && self.strange_windows < STRANGE_ENOUGH {
            return None;
        }
        self.language = None;
        self.give_up_held();
        Some(Remark::Strange(verdict))
    }

    fn recognised(&self) -> Option<Language> {
        match self.detector.verdict() {
            Verdict::Speaks(dialect) => Language::of(dialect),
            _ => None,
        }
    }

    fn begin_window(&mut self, now: Instant) {
        self.detector = Detector::new();
        self.window_began = now;
    }

    fn give_up_held(&mut self) {
        while self.give_up_oldest() {}
    }

    fn give_up_oldest(&mut self) -> bool {
        let Some(chunk) = self.held.pop_front() else {
            return false;
        };
        self.held_bytes -= chunk.bytes.len();
        self.foreign_bytes += u64::try_from(chunk.bytes.len()).unwrap_or(u64::MAX);
        true
    }
}

#[cfg(test)]
mod tests {
    use v2x_proto::link::LinkEncoder;
    use v2x_proto::link::message::{LogLevel, LogLine};
    use v2x_units::{BootId, Stamp, UtcTime};

    use super::*;

    const TEXT: &[u8] = b"SIM 155 8 07 98 51 54 6C 78 00 70\r\n";
    const CONSOLE: &[u8] = b"I (312) wifi: started\r\n";
    const NOISE: &[u8] = &[0x80; 64];

    fn seconds(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn chunk(at: u64, bytes: &[u8]) -> Chunk {
        let utc = UtcTime::from_millis(1_756_396_582_000);
        let instant = seconds(at);
        Chunk {
            at: Stamp { instant, utc },
            bytes: bytes.to_vec(),
        }
    }

    fn framed() -> Vec<u8> {
        let line = LogLine {
            level: LogLevel::Info,
            text: "hello",
        };
        let mut board = LinkEncoder::new(BootId::new(1));
        board.send(Instant::BOOT, line).unwrap().to_vec()
    }

    fn drain(ear: &mut Ear) -> Vec<(Language, Vec<u8>)> {
        std::iter::from_fn(|| ear.next())
            .map(|(language, chunk)| (language, chunk.bytes))
            .collect()
    }

    #[test]
    fn bytes_before_the_language_is_known_are_kept_and_passed_on() {
        let mut ear = Ear::new(seconds(0));
        let (begin, end) = TEXT.split_at(9);
        ear.hear(chunk(0, begin));
        assert_eq!(drain(&mut ear), []);
        ear.hear(chunk(1, end));
        let text = |bytes: &[u8]| (Language::Text, bytes.to_vec());
        assert_eq!(drain(&mut ear), [text(begin), text(end)]);
        let understood = Remark::Understood(Language::Text);
        assert_eq!(ear.poll(seconds(1)), Some(understood));
        assert_eq!(ear.poll(seconds(2)), None, "said once");
    }

    #[test]
    fn frames_are_recognised_behind_boot_text() {
        let mut ear = Ear::new(seconds(0));
        ear.hear(chunk(0, CONSOLE));
        ear.hear(chunk(0, &framed()));
        assert_eq!(ear.language(), Some(Language::Framed));
        assert_eq!(drain(&mut ear).len(), 2);
    }

    #[test]
    fn board_exchanged_for_another_is_heard_from_the_next_window_on() {
        let mut ear = Ear::new(seconds(0));
        ear.hear(chunk(0, TEXT));
        assert_eq!(
            ear.poll(seconds(2)),
            Some(Remark::Understood(Language::Text))
        );
        ear.hear(chunk(3, &framed()));
        let framed = Remark::Understood(Language::Framed);
        assert_eq!(ear.poll(seconds(4)), Some(framed));
        assert_eq!(ear.language(), Some(Language::Framed));
    }

    #[test]
    fn log_console_is_named_and_its_bytes_are_counted_as_foreign() {
        let mut ear = Ear::new(seconds(0));
        for second in 0..8 {
            ear.hear(chunk(second, CONSOLE));
            let expected = (second == 2).then_some(Remark::Strange(Verdict::LogConsole));
            assert_eq!(ear.poll(seconds(second)), expected, "second {second}");
        }
        assert_eq!(drain(&mut ear), []);
        assert!(ear.foreign_bytes() >= 6 * 23, "{}", ear.foreign_bytes());
    }

    #[test]
    fn known_line_without_sense_is_unknown_after_five_windows() {
        let mut ear = Ear::new(seconds(0));
        ear.hear(chunk(0, TEXT));
        assert!(ear.poll(seconds(2)).is_some());
        for second in 3..=20 {
            ear.hear(chunk(second, NOISE));
            if let Some(remark) = ear.poll(seconds(second)) {
                assert_eq!(remark, Remark::Strange(Verdict::Garbage));
                assert_eq!((second, ear.language()), (12, None));
                return;
            }
        }
        panic!("the line stayed known");
    }

    #[test]
    fn silence_is_told_once_and_its_end_too() {
        let mut ear = Ear::new(seconds(0));
        ear.hear(chunk(0, TEXT));
        let understood = Some(Remark::Understood(Language::Text));
        assert_eq!(ear.poll(seconds(1)), understood);
        let silence = Some(Remark::Strange(Verdict::Silence));
        assert_eq!(ear.poll(seconds(10)), silence);
        assert_eq!(ear.poll(seconds(20)), None);
        ear.hear(chunk(21, TEXT));
        assert_eq!(ear.poll(seconds(21)), understood);
    }

    #[test]
    fn unknown_line_when_full_gives_up_its_oldest_bytes_and_counts_them() {
        let mut ear = Ear::new(seconds(0));
        let mut noise = vec![0x80; HELD_MAX];
        noise[HELD_MAX - 1] = b'\n';
        ear.hear(chunk(0, &noise));
        ear.hear(chunk(0, TEXT));
        assert_eq!(drain(&mut ear), [(Language::Text, TEXT.to_vec())]);
        assert_eq!(ear.foreign_bytes(), u64::try_from(HELD_MAX).unwrap());
    }
}
