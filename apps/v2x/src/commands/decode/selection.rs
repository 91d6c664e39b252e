//! Which signals a person asked for, and which are kept back because they identify the car.

use v2x_can::{Decoder, SignalId};

use crate::failure::{Blame, Failure};

/// A set of signals.
pub(super) struct Selection {
    wanted: Vec<bool>,
}

impl Selection {
    /// Everything, or only the named signals; identifying ones only when `show_identifiers`.
    pub(super) fn new(
        decoder: &Decoder,
        names: &[String],
        show_identifiers: bool,
    ) -> Result<Self, Failure> {
        let mut wanted = vec![names.is_empty(); decoder.signals().len()];
        for name in names {
            let mut found = false;
            for (info, wanted) in decoder.signals().iter().zip(&mut wanted) {
                if info.qualified == *name || info.name == *name {
                    found = true;
                    *wanted = true;
                    if info.personal && !show_identifiers {
                        let what = format!("signal `{name}` identifies the car");
                        return Err(Failure::new(Blame::Usage, what)
                            .hint("add --show-identifiers if that is what you want"));
                    }
                }
            }
            if !found {
                return Err(unknown(decoder, name));
            }
        }
        for (info, wanted) in decoder.signals().iter().zip(&mut wanted) {
            *wanted &= show_identifiers || !info.personal;
        }
        Ok(Self { wanted })
    }

    /// Whether a signal is to be shown.
    pub(super) fn contains(&self, signal: SignalId) -> bool {
        self.wanted.get(signal.index()).copied().unwrap_or(false)
    }
}

fn unknown(decoder: &Decoder, name: &str) -> Failure {
    let needle = name.to_lowercase();
    let near: Vec<&str> = (decoder.signals().iter())
        .filter(|info| info.qualified.to_lowercase().contains(&needle))
        .map(|info| info.qualified.as_str())
        .take(8)
        .collect();
    let failure = Failure::new(Blame::Usage, format_args!("the DBC has no signal `{name}`"));
    if near.is_empty() {
        failure.hint("run `v2x decode FILE` without --signals to see their names")
    } else {
        failure.hint(format_args!("near it: {}", near.join(", ")))
    }
}
