//! `v2x capture`: what is heard on the air, as pcap.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use tracing::info;
use v2x_proto::wire::packet::Packet as GnPacket;
use v2x_proto::wire::{Wire as _, pcap};
use v2x_units::BootId;

use super::vehicle::start_log;
use crate::air::{self, AirHealth, Group, Medium, Packet, Surroundings};
use crate::cli;
use crate::clock::Clock;
use crate::daemon::{Shutdown, Threads};
use crate::failure::{Blame, Context as _, Failure};

/// How soon a request to stop is noticed.
const GLANCE: Duration = Duration::from_millis(100);

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Capture) -> Result<(), Failure> {
    start_log();
    let medium = match (&arguments.radio, arguments.udp) {
        (Some(port), _) => Medium::Board(port.clone()),
        (None, Some(address)) => Medium::Multicast(Group {
            address,
            interface: arguments.udp_interface,
        }),
        (None, None) => return Err(Failure::new(Blame::Usage, "no air is named")),
    };
    let mut out = open(arguments)?;
    let shutdown = Shutdown::on_signals().blame(Blame::Runtime, "signals")?;
    let clock = Clock::of_system();
    let boot = getrandom::u32().blame(Blame::Runtime, "random numbers")?;
    let health = Arc::new(AirHealth::default());
    let around = Surroundings {
        is_promiscuous: true,
        ..Surroundings::new(clock, &shutdown, BootId::new(boot), &health)
    };
    let mut threads = Threads::default();
    let air = air::open(&medium, around, &mut threads)?;
    write(&mut out, &pcap::file_header())?;
    let mut written = 0;
    while !shutdown.is_requested() && arguments.count.is_none_or(|count| written < count) {
        match air.heard.recv_timeout(GLANCE) {
            Ok(packet) => {
                write(&mut out, &record(&packet, clock))?;
                written += 1;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let (dropped, foreign) = (&health.dropped, &health.foreign);
    let (dropped, foreign) = (AirHealth::get(dropped), AirHealth::get(foreign));
    info!(written, dropped, foreign, "capture ends");
    shutdown.request();
    threads.join();
    Ok(())
}

fn record(packet: &Packet, clock: Clock) -> Vec<u8> {
    let heard = clock
        .date(packet.at)
        .map_or(clock.now().utc, |dated| dated.utc);
    let form = if GnPacket::parse(&packet.payload).is_ok() {
        pcap::record
    } else {
        pcap::record_of_other
    };
    form(heard, packet.from, packet.to, &packet.payload)
}

fn open(arguments: &cli::Capture) -> Result<Box<dyn Write>, Failure> {
    let Some(path) = &arguments.out else {
        if io::stdout().is_terminal() {
            let what = "a capture is no text for a terminal";
            return Err(Failure::new(Blame::Usage, what)
                .hint("give --out FILE, or pipe it: v2x capture --udp | wireshark -k -i -"));
        }
        return Ok(Box::new(io::stdout()));
    };
    let file = File::create_new(path).map_err(|error| {
        Failure::unreadable(
            Blame::Input,
            format_args!("file {}", path.display()),
            &error,
        )
    })?;
    Ok(Box::new(file))
}

/// Writes and hands on at once: who looks on sees each packet when it comes.
fn write(out: &mut impl Write, bytes: &[u8]) -> Result<(), Failure> {
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .blame(Blame::Runtime, "the capture")
}
