//! The machine in a few words: enough to judge a number by, nothing that names its owner.

use std::{fs, thread};

/// For example `2 × AMD EPYC 9R14, 24 GiB, Linux 6.18`.
pub fn describe() -> String {
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    let cores = thread::available_parallelism().map_or(0, usize::from);
    summary(
        cores,
        &read("/proc/cpuinfo"),
        &read("/proc/meminfo"),
        &read("/proc/sys/kernel/osrelease"),
    )
}

fn summary(cores: usize, cpuinfo: &str, meminfo: &str, release: &str) -> String {
    let model = field(cpuinfo, "model name").unwrap_or("unknown CPU");
    let memory = field(meminfo, "MemTotal")
        .and_then(|kib| kib.split_whitespace().next()?.parse::<u64>().ok())
        .map_or_else(
            || "unknown memory".to_owned(),
            |kib| format!("{} GiB", (kib + (1 << 19)) >> 20),
        );
    // Patch level and vendor suffix change with each update and say nothing here.
    let kernel: Vec<&str> = release.trim().split('.').take(2).collect();
    format!("{cores} × {model}, {memory}, Linux {}", kernel.join("."))
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_its_cores_memory_and_kernel() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Some CPU @ 2.5GHz\nprocessor\t: 1\nmodel name\t: Some CPU\n";
        let meminfo = "MemTotal:       24689704 kB\nMemFree: 1 kB\n";
        assert_eq!(
            summary(2, cpuinfo, meminfo, "6.18.3-vendor-7\n"),
            "2 × Some CPU @ 2.5GHz, 24 GiB, Linux 6.18"
        );
    }

    #[test]
    fn what_the_kernel_does_not_say_is_unknown() {
        assert_eq!(
            summary(4, "", "", "6.1"),
            "4 × unknown CPU, unknown memory, Linux 6.1"
        );
    }
}
