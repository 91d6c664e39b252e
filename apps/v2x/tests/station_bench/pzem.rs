//! PZEM-004T meters on one line, byte for byte: they answer questions, and fail as real ones do.
//!
//! Registers and checksum are written here from the manual, not with the library of the product.

use std::path::Path;
use std::sync::mpsc::{self, Sender, TryRecvError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::board::{Load, Stopwatch};
use super::line::Line;

/// What a meter does with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It answers.
    None,
    /// No mains on the measuring side: it does not answer at all.
    Silent,
    /// A byte of the answer is spoilt on the line.
    Damaged,
    /// The answer is cut.
    Cut,
    /// The answer is an exception.
    Exception,
    /// Zeros where values should be.
    Zeros,
}

/// One meter.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    pub(crate) address: u8,
    pub(crate) load: Load,
    fault: Arc<Mutex<Fault>>,
    asked: Arc<Mutex<u32>>,
}

impl Meter {
    pub(crate) fn new(address: u8, counter_wh: f64) -> Self {
        Self {
            address,
            load: Load::new(counter_wh),
            fault: Arc::new(Mutex::new(Fault::None)),
            asked: Arc::default(),
        }
    }

    pub(crate) fn fail(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }

    fn answer(&self) -> Vec<u8> {
        *self.asked.lock().unwrap() += 1;
        let fault = *self.fault.lock().unwrap();
        let good = sealed(&self.registers(fault == Fault::Zeros));
        match fault {
            Fault::None | Fault::Zeros => good,
            Fault::Silent => Vec::new(),
            Fault::Damaged => {
                let mut spoilt = good;
                spoilt[7] ^= 0x10;
                spoilt
            }
            Fault::Cut => good[..11].to_vec(),
            Fault::Exception => sealed(&[self.address, 0x84, 0x04]),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the loads of tests are small and positive"
    )]
    fn registers(&self, zeros: bool) -> Vec<u8> {
        let scaled = |value: f64| if zeros { 0 } else { value.round() as u32 };
        let mut frame = vec![self.address, 0x04, 20];
        let mut word = |value: u32| frame.extend(&value.to_be_bytes()[2..]);
        word(scaled(2261.0));
        for value in [
            scaled(self.load.amperes() * 1000.0),
            scaled(self.load.watts() * 10.0),
            scaled(self.load.watt_hours().floor()),
        ] {
            // The low word stands first.
            word(value & 0xFFFF);
            word(value >> 16);
        }
        word(scaled(499.0));
        word(scaled(99.0));
        word(0);
        frame
    }
}

/// Adds the CRC-16 of Modbus, low byte first.
fn sealed(frame: &[u8]) -> Vec<u8> {
    let mut crc = 0xFFFF_u16;
    for byte in frame {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc >>= 1;
            if carry == 1 {
                crc ^= 0xA001;
            }
        }
    }
    [frame, &crc.to_le_bytes()].concat()
}

/// The line with its meters; unplugged when dropped.
pub(crate) struct Bus {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Bus {
    pub(crate) fn plug(name: &Path, meters: &[Meter]) -> Self {
        let mut line = Line::plug(name);
        let meters = meters.to_vec();
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut watch = Stopwatch::start();
            let mut heard = Vec::new();
            while stopped.try_recv() == Err(TryRecvError::Empty) {
                heard.extend(line.receive(50));
                let time = watch.lap();
                for meter in &meters {
                    meter.load.pass(time);
                }
                while heard.len() >= 8 {
                    let question: Vec<_> = heard.drain(..8).collect();
                    assert_eq!(question, sealed(&question[..6]), "a whole question");
                    assert_eq!(question[1..6], [4, 0, 0, 0, 10], "all registers");
                    let asked = meters.iter().find(|meter| meter.address == question[0]);
                    if let Some(meter) = asked {
                        line.send(&meter.answer());
                    }
                }
            }
        });
        Self {
            running: Some((stop, thread)),
        }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the meters panicked");
        }
    }
}
