//! The CPU limit of the container, as the kernel states it (cgroup v1 and v2).

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

/// CPU time granted per period, both in µs, both above 0. A limit of 500m is 50 000 in 100 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuQuota {
    pub quota_us: u64,
    pub period_us: u64,
}

impl CpuQuota {
    /// The limit of this process: the tightest of its own cgroup and of those above it; `None`
    /// where nothing limits it, or where the machine has no cgroups.
    pub fn of_this_process() -> Option<Self> {
        let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
        Self::read(&membership, Path::new("/sys/fs/cgroup"))
    }

    /// As [`CpuQuota::of_this_process`], from the text of `/proc/<pid>/cgroup` and a mount point.
    ///
    /// In a container that text may name a path of the host, which is not there. The container's
    /// own cgroup is then the root of the mount, where every walk upwards ends.
    pub fn read(membership: &str, mount: &Path) -> Option<Self> {
        membership
            .lines()
            .filter_map(|line| {
                let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
                let hierarchy = match controllers {
                    "" => mount.to_owned(),
                    v1 if v1.split(',').any(|name| name == "cpu") => mount.join("cpu"),
                    _ => return None,
                };
                Path::new(path.trim_start_matches('/'))
                    .ancestors()
                    .filter_map(|group| Self::of_group(&hierarchy.join(group)))
                    .min_by(Self::cmp_cores)
            })
            .min_by(Self::cmp_cores)
    }

    /// Whole processors that the quota can keep busy, rounded up.
    pub fn cores(self) -> u64 {
        self.quota_us.div_ceil(self.period_us)
    }

    /// `500m`, as a manifest writes it, or `none`.
    pub fn describe(quota: Option<Self>) -> String {
        quota.map_or_else(
            || "none".to_owned(),
            |quota| {
                format!(
                    "{}m",
                    u128::from(quota.quota_us) * 1_000 / u128::from(quota.period_us)
                )
            },
        )
    }

    fn of_group(directory: &Path) -> Option<Self> {
        let file = |name| fs::read_to_string(directory.join(name)).ok();
        match file("cpu.max") {
            Some(v2) => Self::parse(v2.split_once(' ')?.0, v2.split_once(' ')?.1),
            None => Self::parse(&file("cpu.cfs_quota_us")?, &file("cpu.cfs_period_us")?),
        }
    }

    /// `None` for "no limit", which is `max` in v2 and −1 in v1.
    fn parse(quota_us: &str, period_us: &str) -> Option<Self> {
        let positive = |text: &str| text.trim().parse().ok().filter(|us| *us > 0);
        Some(Self {
            quota_us: positive(quota_us)?,
            period_us: positive(period_us)?,
        })
    }

    fn cmp_cores(&self, other: &Self) -> Ordering {
        let own = u128::from(self.quota_us) * u128::from(other.period_us);
        own.cmp(&(u128::from(other.quota_us) * u128::from(self.period_us)))
    }
}

/// Threads that answer requests: one per processor the container may use, at least one. The
/// standard library rounds a quota down, which wastes half of a limit of 1500m.
pub fn workers(quota: Option<CpuQuota>, processors: usize) -> usize {
    let cores = quota.map_or(processors, |quota| {
        usize::try_from(quota.cores()).unwrap_or(processors)
    });
    cores.max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    /// A cgroup mount that holds `files` (path, content).
    fn mount(files: &[(&str, &str)]) -> TempDir {
        let root = TempDir::new().unwrap();
        for (path, content) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        root
    }

    fn read(membership: &str, files: &[(&str, &str)]) -> Option<(u64, u64)> {
        let quota = CpuQuota::read(membership, mount(files).path())?;
        Some((quota.quota_us, quota.period_us))
    }

    #[test]
    fn v2_is_read_at_the_root_of_a_container() {
        let quota = read("0::/\n", &[("cpu.max", "50000 100000\n")]);
        assert_eq!(quota, Some((50_000, 100_000)));
    }

    #[test]
    fn v2_without_a_limit_is_none() {
        assert_eq!(read("0::/\n", &[("cpu.max", "max 100000\n")]), None);
    }

    #[test]
    fn the_tightest_group_on_the_way_up_counts() {
        let files = [
            ("pod/app/cpu.max", "200000 100000\n"),
            ("pod/cpu.max", "25000 50000\n"),
            ("cpu.max", "max 100000\n"),
        ];
        assert_eq!(read("0::/pod/app\n", &files), Some((25_000, 50_000)));
    }

    #[test]
    fn v1_is_read_from_the_cpu_hierarchy() {
        let files = [
            ("cpu/pod/cpu.cfs_quota_us", "150000\n"),
            ("cpu/pod/cpu.cfs_period_us", "100000\n"),
            ("cpu/cpu.cfs_quota_us", "-1\n"),
            ("cpu/cpu.cfs_period_us", "100000\n"),
        ];
        let membership = "9:memory:/pod\n4:cpu,cpuacct:/pod\n3:cpuset:/\n0::/\n";
        assert_eq!(read(membership, &files), Some((150_000, 100_000)));
    }

    #[test]
    fn a_path_of_the_host_leads_to_the_root_of_the_mount() {
        let files = [
            ("cpu/cpu.cfs_quota_us", "50000\n"),
            ("cpu/cpu.cfs_period_us", "100000\n"),
        ];
        let membership = "4:cpu:/kubepods/pod1/abc\n";
        assert_eq!(read(membership, &files), Some((50_000, 100_000)));
    }

    #[test]
    fn a_limit_is_shown_as_a_manifest_writes_it() {
        let quota = CpuQuota {
            quota_us: 25_000,
            period_us: 50_000,
        };
        assert_eq!(CpuQuota::describe(Some(quota)), "500m");
        assert_eq!(CpuQuota::describe(None), "none");
    }

    #[test]
    fn what_cannot_be_understood_is_no_limit() {
        for content in ["", "100", "0 100000", "50000 0", "many 100000", "5 "] {
            assert_eq!(read("0::/\n", &[("cpu.max", content)]), None, "{content:?}");
        }
        assert_eq!(read("nonsense\n", &[]), None);
    }

    #[test]
    fn workers_follow_the_quota_and_else_the_processors() {
        let quota = |quota_us| {
            Some(CpuQuota {
                quota_us,
                period_us: 100_000,
            })
        };
        assert_eq!(workers(quota(50_000), 8), 1);
        assert_eq!(workers(quota(100_000), 8), 1);
        assert_eq!(workers(quota(150_000), 8), 2);
        assert_eq!(workers(None, 8), 8);
        assert_eq!(workers(None, 0), 1);
    }

    proptest! {
        #[test]
        fn any_membership_text_is_survived(text in "\\PC*") {
            CpuQuota::read(&text, Path::new("/nowhere"));
        }
    }
}
