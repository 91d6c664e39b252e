//! One run: a board, a broker, a disk, and a daemon that is broken as the plan says.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::board::Board;
use crate::broker::Broker;
use crate::chance::Chance;
use crate::daemon::{Daemon, Setup, counter};
use crate::disk::Workplace;
use crate::plan::{Fault, Plan};
use crate::totals::CameTo;
use crate::verdict::{self, Life, Made};
use crate::{Outcome, Why as _, pause};

/// How often everything moves.
const TICK: Duration = Duration::from_millis(10);
/// Looks at an empty terminal until it counts as read: on a busy computer the kernel itself may
/// take a tenth of a second to bring bytes from one end to the other.
const SILENT_LOOKS: u32 = 50;
/// Within this anything happens on a busy computer.
const SOON: Duration = Duration::from_secs(60);
/// How long the last life records before it ends.
const LAST_LIFE: Duration = Duration::from_millis(700);
/// Starts at the end until the broker has everything.
const LAST_STARTS: usize = 8;
/// How long a restart hears the clock before it trusts it: three readings, a second apart.
const CLOCK_SETTLES: Duration = Duration::from_millis(3_500);

/// Everything that takes part.
struct Run<'a> {
    begin: Instant,
    begin_ms: i64,
    plan: Plan,
    board: Board,
    broker: Broker,
    workplace: &'a Workplace,
    setup: Setup,
    daemon: Option<Daemon>,
    lives: Vec<Life>,
    next_tick: Duration,
    mends: Vec<(Duration, Mend)>,
    disk_full_since: Option<Duration>,
    came_to: CameTo,
}

/// What is mended later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mend {
    Broker,
    Refusal,
    Disk,
    Port,
    Silence,
}

/// Runs one seed; says what it came to or what was broken.
pub(crate) fn run(
    seed: u64,
    program: &Path,
    workplace: &Workplace,
    mosquitto: u16,
) -> Outcome<CameTo> {
    let mut chance = Chance::new(seed);
    let plan = Plan::draw(&mut chance, workplace.can_be_full());
    fs::write(workplace.desk().join("plan"), format!("{plan:#?}\n")).why("the plan")?;
    let broker = if plan.thingsboard {
        Broker::thingsboard()?
    } else {
        Broker::mosquitto(mosquitto)
    };
    let mut run = Run::new(plan, chance, program, workplace, broker)?;
    run.set_clock(run.plan.shift_s, !run.plan.wrong_clock)?;
    run.board.plug_in()?;
    run.start()?;
    run.until_recording()?;
    for (after, fault) in run.plan.faults.clone() {
        run.wait(after)?;
        run.break_it(fault)?;
    }
    run.end()?;
    let made = Made {
        begin_ms: run.begin_ms,
        end_ms: now_ms(),
        out: run.setup.out.clone(),
        wrong_clock: run.plan.wrong_clock,
        is_text: run.plan.line == crate::board::Line::Text,
        received: run.broker.received(),
    };
    run.came_to.refused = run.broker.refused();
    verdict::judge(&run.board.ledger, &run.lives, &made, run.came_to)
}

impl<'a> Run<'a> {
    fn new(
        plan: Plan,
        chance: Chance,
        program: &Path,
        workplace: &'a Workplace,
        broker: Broker,
    ) -> Outcome<Self> {
        let desk = workplace.desk();
        let collector = desk.join("collector");
        let token_file = desk.join("token");
        fs::write(&token_file, "token-of-a-test\n").why("the token")?;
        let setup = Setup {
            program: program.to_owned(),
            out: workplace.disk().join("out"),
            collector: collector.clone(),
            broker: broker.proxy.url(),
            token_file,
            clock_file: desk.join("clock"),
            // Rows wait for the end where the clock is wrong, and for nothing elsewhere.
            time_wait_s: if plan.wrong_clock { 3600 } else { 0 },
        };
        Ok(Self {
            begin: Instant::now(),
            begin_ms: now_ms(),
            board: Board::new(plan.line, chance, &collector),
            plan,
            broker,
            workplace,
            setup,
            daemon: None,
            lives: Vec::new(),
            next_tick: Duration::ZERO,
            mends: Vec::new(),
            disk_full_since: None,
            came_to: CameTo::default(),
        })
    }

    fn now(&self) -> Duration {
        self.begin.elapsed()
    }

    fn log(&self, life: usize) -> PathBuf {
        self.workplace.desk().join(format!("daemon_{life}.log"))
    }

    fn start(&mut self) -> Outcome<()> {
        let log = self.log(self.lives.len());
        self.lives.push(Life::begin(self.now(), &self.setup.out));
        self.daemon = Some(Daemon::start(&self.setup, &log)?);
        Ok(())
    }

    /// Lets everything move until `done`, or fails.
    fn until(
        &mut self,
        what: &str,
        mut done: impl FnMut(&mut Self) -> Outcome<bool>,
    ) -> Outcome<()> {
        let deadline = self.now() + SOON;
        while !done(self)? {
            self.step()?;
            if self.now() > deadline {
                return Err(format!("{what} did not happen within {SOON:?}"));
            }
        }
        Ok(())
    }

    fn wait(&mut self, time: Duration) -> Outcome<()> {
        let until = self.now() + time;
        self.until("the next fault", |run| Ok(run.now() >= until))
    }

    fn until_recording(&mut self) -> Outcome<()> {
        self.until("recording", |run| {
            Ok(run
                .lives
                .last()
                .is_some_and(|life| life.recording.is_some()))
        })
    }

    /// One tick: the board speaks, what is due is mended, the daemon is looked at.
    fn step(&mut self) -> Outcome<()> {
        let now = self.now();
        if now < self.next_tick {
            pause(self.next_tick - now);
        }
        let now = self.now();
        self.next_tick = (self.next_tick + TICK).max(now);
        self.board.tick(now)?;
        let mends = std::mem::take(&mut self.mends);
        for (due, mend) in mends {
            if due <= now {
                self.mend(mend)?;
            } else {
                self.mends.push((due, mend));
            }
        }
        let Some(daemon) = &mut self.daemon else {
            return Ok(());
        };
        if let Some(life) = self.lives.last_mut()
            && life.recording.is_none()
            && daemon.is_recording()
        {
            life.recording = Some(now);
        }
        match daemon.ended()? {
            None => Ok(()),
            Some(status) => Err(format!(
                "the daemon ended by itself with {status}: {}",
                daemon.log().lines().last().unwrap_or_default()
            )),
        }
    }

    fn break_it(&mut self, fault: Fault) -> Outcome<()> {
        match fault {
            Fault::Kill { away } => self.kill_for(away)?,
            Fault::KillAtStart { after } => {
                self.kill_for(Duration::ZERO)?;
                self.until_started(after)?;
                self.kill_for(Duration::ZERO)?;
            }
            Fault::Restart => {
                self.mend_disk_and_port()?;
                self.stop()?;
                self.start()?;
            }
            Fault::CutBroker { mend_after } => {
                self.broker.proxy.cut();
                self.came_to.cuts += 1;
                self.mend_later(mend_after, Mend::Broker);
            }
            Fault::CutInMessage { bytes, mend_after } => {
                self.broker.proxy.cut_after(bytes);
                self.came_to.cuts += 1;
                self.mend_later(mend_after, Mend::Broker);
            }
            Fault::Refuse { mend_after } => {
                debug_assert!(self.broker.can_refuse(), "the plan asks it of nobody else");
                self.broker.refuse(true);
                self.mend_later(mend_after, Mend::Refusal);
            }
            Fault::FillDisk { mend_after } => {
                // One that starts on a full disk waits for its store: that is not judged here.
                self.until_recording()?;
                self.disk_full_since.get_or_insert(self.begin.elapsed());
                self.workplace.fill()?;
                self.came_to.fills += 1;
                self.mend_later(mend_after, Mend::Disk);
            }
            Fault::Unplug {
                mend_after,
                reboots,
            } => self.unplug(mend_after, reboots)?,
            Fault::SetClock { shift_s } => {
                self.came_to.clock_steps += 1;
                self.set_clock(shift_s, false)?;
            }
            Fault::Silence { mend_after } => {
                self.board.is_paused = true;
                self.mend_later(mend_after, Mend::Silence);
            }
        }
        Ok(())
    }

    fn mend_later(&mut self, after: Duration, mend: Mend) {
        self.mends.retain(|(_, planned)| *planned != mend);
        self.mends.push((self.now() + after, mend));
    }

    fn mend(&mut self, mend: Mend) -> Outcome<()> {
        match mend {
            Mend::Broker => self.broker.proxy.mend(),
            Mend::Refusal => self.broker.refuse(false),
            Mend::Disk => {
                self.workplace.free()?;
                if let Some(since) = self.disk_full_since.take() {
                    let now = self.now();
                    let life = self.lives.last_mut().expect("a daemon was started");
                    life.full.push((since, now));
                }
            }
            Mend::Port if !self.board.is_plugged_in() => self.board.plug_in()?,
            Mend::Port => {}
            Mend::Silence => self.board.is_paused = false,
        }
        Ok(())
    }

    /// A daemon that starts has its port and room on its disk: what waits for either in memory is
    /// lost by a kill, and that is not judged here.
    fn mend_disk_and_port(&mut self) -> Outcome<()> {
        self.mends
            .retain(|(_, mend)| !matches!(mend, Mend::Disk | Mend::Port));
        self.mend(Mend::Disk)?;
        self.mend(Mend::Port)
    }

    fn kill_for(&mut self, away: Duration) -> Outcome<()> {
        if let Some(since) = self.disk_full_since {
            let now = self.now();
            let life = self.lives.last_mut().expect("a daemon was started");
            life.full.push((since, now));
        }
        let mut daemon = self.daemon.take().ok_or("nobody to kill")?;
        daemon.kill()?;
        let now = self.now();
        let life = self.lives.last_mut().expect("a daemon was started");
        life.killed = Some(now);
        // What it held goes with it; what is still to come is none of its loss.
        let back = now + away;
        self.until("the time away", |run| Ok(run.now() >= back))?;
        self.mend_disk_and_port()?;
        self.start()
    }

    /// Waits so long after the start, or a little beyond the moment of recording.
    fn until_started(&mut self, after: Duration) -> Outcome<()> {
        let until = self.now() + after;
        self.until("a start", |run| Ok(run.now() >= until))
    }

    fn unplug(&mut self, mend_after: Duration, reboots: bool) -> Outcome<()> {
        if !self.board.is_plugged_in() {
            return Ok(());
        }
        // One that starts without its port waits for it: that is not judged here.
        self.until_recording()?;
        // What stands in the cable is lost with it; here nothing stands there.
        self.until_read()?;
        self.board.unplug()?;
        if reboots {
            self.board.reboot();
        }
        self.came_to.unplugs += 1;
        self.mend_later(mend_after, Mend::Port);
        Ok(())
    }

    fn until_read(&mut self) -> Outcome<()> {
        let was_paused = self.board.is_paused;
        self.silence()?;
        self.board.is_paused = was_paused;
        if was_paused {
            self.mend_later(Duration::ZERO, Mend::Silence);
        }
        Ok(())
    }

    /// Pauses the board, whatever is to end its pause, until all it sent was read: nothing stands
    /// in the terminal, and for a while, as bytes on their way into it are not seen.
    fn silence(&mut self) -> Outcome<()> {
        self.board.is_paused = true;
        self.mends.retain(|(_, mend)| *mend != Mend::Silence);
        let mut looks = 0;
        self.until("everything read", |run| {
            looks = if run.board.is_read()? { looks + 1 } else { 0 };
            Ok(looks > SILENT_LOOKS)
        })
    }

    /// Ends the daemon after everything sent was read; nothing may be lost.
    fn stop(&mut self) -> Outcome<()> {
        self.until_recording()?;
        self.silence()?;
        let mut daemon = self.daemon.take().ok_or("nobody to stop")?;
        daemon.terminate()?;
        let mut status = None;
        self.until("the end of the daemon", |_| {
            status = daemon.ended()?;
            Ok(status.is_some())
        })?;
        let log = daemon.log();
        if !status.is_some_and(|status| status.success()) {
            return Err(format!("the daemon ended with {status:?}"));
        }
        let count = |name: &str| counter(&log, name).ok_or(format!("no last word about {name}"));
        let life = self.lives.last_mut().expect("a daemon was started");
        life.last_words = Some(verdict::LastWords {
            waiting: count("waiting")?,
            can_lost: count("can_lost")?,
            unrecorded: count("unrecorded")?,
            lost_rows: count("lost_rows")?,
            lost_bytes: count("lost_bytes")?,
        });
        self.board.is_paused = false;
        Ok(())
    }

    /// Mends everything and lets the daemon deliver what waits.
    fn end(&mut self) -> Outcome<()> {
        self.mends.clear();
        self.mend_disk_and_port()?;
        for mend in [Mend::Broker, Mend::Refusal, Mend::Silence] {
            self.mend(mend)?;
        }
        self.set_clock(0, true)?;
        self.until_recording()?;
        if self.plan.wrong_clock {
            // Whoever runs now may have heard the wrong clock first.
            self.wait(CLOCK_SETTLES)?;
        }
        self.wait(LAST_LIFE)?;
        self.stop()?;
        for _ in 0..LAST_STARTS {
            let last = self.lives.last().and_then(|life| life.last_words.as_ref());
            if last.is_some_and(|words| words.waiting == 0) {
                return Ok(());
            }
            self.start()?;
            self.until_recording()?;
            self.wait(LAST_LIFE)?;
            self.stop()?;
        }
        Err("rows still wait after many starts with a broker that is there".to_owned())
    }

    /// Sets the clock of the daemons, those that run included.
    fn set_clock(&mut self, shift_s: i64, is_synchronised: bool) -> Outcome<()> {
        let word = if is_synchronised { "ntp" } else { "free" };
        let fresh = self.setup.clock_file.with_extension("new");
        fs::write(&fresh, format!("{shift_s} {word}\n")).why("the clock")?;
        fs::rename(fresh, &self.setup.clock_file).why("the clock")
    }
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}
