use std::fmt;
use std::path::{Path, PathBuf};

/// Everything that is wrong with a file; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    pub(super) file: PathBuf,
    pub(super) list: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; `None` if it concerns the whole file.
    pub line: Option<usize>,
    /// The key with its sections, such as `policy.observe`; empty if it concerns the whole file.
    pub key: String,
    /// What is wrong, and how to fix it.
    pub what: String,
}

impl Problems {
    pub(super) fn of_file(file: &Path, error: &dyn fmt::Display) -> Self {
        let problem = Problem { line: None, key: String::new(), what: error.to_string() };
        Self { file: file.to_owned(), list: vec![problem] }
    }

    /// One text for each problem: `file:line: key: what`.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.list.iter().map(|problem| {
            let mut line = self.file.display().to_string();
            if let Some(number) = problem.line {
                line.push_str(&format!(":{number}"));
            }
            if !problem.key.is_empty() {
                line.push_str(&format!(": {}", problem.key));
            }
            format!("{line}: {}", problem.what)
        })
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for Problems {}
