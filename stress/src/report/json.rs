//! Where the JSON report goes.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::Report;

/// The destination of `--json`, opened before any load so that a long run never ends with a
/// report that has nowhere to go.
#[derive(Debug)]
pub enum Output {
    None,
    /// The last line of standard output.
    Stdout,
    File {
        path: PathBuf,
        file: File,
    },
}

impl Output {
    /// `-` is standard output; any other path is created or emptied now.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        match path {
            None => Ok(Self::None),
            Some(path) if path == Path::new("-") => Ok(Self::Stdout),
            Some(path) => Ok(Self::File {
                path: path.to_owned(),
                file: File::create(path)?,
            }),
        }
    }
}

/// The report on one line.
pub fn line(report: &Report) -> io::Result<String> {
    Ok(serde_json::to_string(report)?)
}

/// Writes the report and makes sure it is on the disk.
pub fn write(report: &Report, mut file: &File) -> io::Result<()> {
    writeln!(file, "{}", line(report)?)?;
    file.sync_all().or_else(|error| match error.kind() {
        // A pipe or a terminal has no disk behind it.
        io::ErrorKind::InvalidInput => Ok(()),
        _ => Err(error),
    })
}
