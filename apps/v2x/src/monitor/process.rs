//! What the system says of this process: memory, processor time, bytes that went to the disk.
//!
//! Where `/proc` does not say it, the line is missing. Source: proc(5).

use std::fs;

use super::Metrics;

/// Adds what is known.
pub(super) fn metrics(metrics: &mut Metrics) {
    if let Some(bytes) = resident_bytes() {
        metrics.whole(
            "process_resident_memory_bytes",
            "Memory that this process has in use.",
            bytes,
        );
    }
    metrics.labelled_total(
        "process_cpu_seconds_total",
        "Processor time of this process, user and system.",
        &[],
        processor_seconds(),
    );
    if let Some(bytes) = written_bytes() {
        metrics.count(
            "v2x_disk_written_bytes_total",
            "Bytes that this process sent to the disk; memory cards wear out by them.",
            bytes,
        );
    }
}

/// The second number of `statm`, in pages.
fn resident_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(u64::try_from(rustix::param::page_size()).ok()?)
}

fn processor_seconds() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let whole = u32::try_from(used.tv_sec).unwrap_or(u32::MAX);
    let nanos = u32::try_from(used.tv_nsec).unwrap_or(0);
    f64::from(whole) + f64::from(nanos) / 1e9
}

/// The line `write_bytes` of `io`.
fn written_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/io").ok()?;
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_has_memory_and_has_used_its_processor() {
        assert!(resident_bytes().unwrap() > 100_000);
        assert!(processor_seconds() > 0.0);
    }
}
