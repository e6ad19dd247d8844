//! The kept reports and the document made from them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{document, report::Report};

/// `bench/results` and `docs/BENCHMARKS.md` of a checkout.
#[derive(Clone, Debug)]
pub struct Results {
    dir: PathBuf,
    document: PathBuf,
}

impl Results {
    /// `root` is the top of the checkout.
    pub fn of(root: &Path) -> Self {
        Self {
            dir: root.join("bench/results"),
            document: root.join("docs/BENCHMARKS.md"),
        }
    }

    /// Keeps a report as the newest of its bench and makes the document anew. A quick run never
    /// takes the place of a full one. Returns whether it was kept.
    pub fn keep(&self, report: &Report) -> Result<bool> {
        let file = self.dir.join(format!("{}.json", report.bench));
        if report.quick && file.exists() && !read(&file)?.quick {
            return Ok(false);
        }
        fs::create_dir_all(&self.dir)
            .with_context(|| format!("creating {}", self.dir.display()))?;
        write(&file, &json(report)?)?;
        self.write_document()?;
        Ok(true)
    }

    pub fn write_document(&self) -> Result<()> {
        write(&self.document, &document::render(&self.all()?))
    }

    /// Every kept report, by name.
    pub fn all(&self) -> Result<Vec<Report>> {
        if !self.dir.exists() {
            return Ok(Vec::new());
        }
        let listing = || format!("listing {}", self.dir.display());
        let mut files: Vec<PathBuf> = fs::read_dir(&self.dir)
            .with_context(listing)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .with_context(listing)?;
        files.retain(|file| {
            file.extension()
                .is_some_and(|extension| extension == "json")
        });
        files.sort();
        files.iter().map(|file| read(file)).collect()
    }
}

/// The report as a file of its own: for people to read and for `git diff`.
pub fn json(report: &Report) -> Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

pub fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

fn read(file: &Path) -> Result<Report> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    serde_json::from_str(&text)
        .with_context(|| format!("{} is not a report of bench/run", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn checkout() -> (tempfile::TempDir, Results) {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir(root.path().join("docs")).expect("docs");
        let results = Results::of(root.path());
        (root, results)
    }

    fn run(quick: bool, commit: &str) -> Report {
        Report {
            quick,
            commit: commit.to_owned(),
            ..samples::report()
        }
    }

    #[test]
    fn a_quick_run_is_kept_only_until_there_is_a_full_one() {
        let (_root, results) = checkout();
        let kept = || results.all().expect("reports")[0].commit.clone();
        for (report, is_kept, commit) in [
            (run(true, "first"), true, "first"),
            (run(true, "second"), true, "second"),
            (run(false, "full"), true, "full"),
            (run(true, "third"), false, "full"),
            (run(false, "fuller"), true, "fuller"),
        ] {
            assert_eq!(
                results.keep(&report).expect("keeps"),
                is_kept,
                "{}",
                report.commit
            );
            assert_eq!(kept(), commit);
        }
    }

    #[test]
    fn the_document_follows_the_kept_reports() {
        let (root, results) = checkout();
        results.keep(&run(false, "abc123")).expect("keeps");
        let document =
            fs::read_to_string(root.path().join("docs/BENCHMARKS.md")).expect("a document");
        assert!(document.contains("abc123"));
    }

    #[test]
    fn a_broken_report_is_named() {
        let (root, results) = checkout();
        results.keep(&run(true, "abc123")).expect("keeps");
        fs::write(root.path().join("bench/results/loop.json"), "{").expect("writes");
        let error = format!(
            "{:#}",
            results.write_document().expect_err("a broken report")
        );
        assert!(error.contains("loop.json is not a report"), "{error}");
    }

    #[test]
    fn the_committed_document_is_what_the_committed_results_say() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let results = Results::of(&root);
        let document = fs::read_to_string(&results.document).expect("docs/BENCHMARKS.md");
        let expected = document::render(&results.all().expect("reports"));
        assert_eq!(document, expected, "run bench/run docs");
    }
}
