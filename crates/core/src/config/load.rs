use std::path::{Path, PathBuf};

use super::digest::ConfigDigest;
use super::problems::Problems;
use super::sections;
use super::settings::Config;
use postern_guarded_file::{read_made_by_init, read_private};

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// Every problem with the file or in it, each with its place and its remedy.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        let text = read_made_by_init(path).map_err(|error| Problems::of_file(path, &error))?;
        Self::parse(path, &text)
    }

    /// The same, and a digest that identifies this configuration.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with_digest(path: &Path) -> Result<(Self, ConfigDigest), Problems> {
        let text = read_private(path).map_err(|error| Problems::of_file(path, &error))?;
        let config = Self::parse(path, &text)?;
        let digest = ConfigDigest::of(&text, &config);
        Ok((config, digest))
    }

    /// The socket that a configuration names, even if the rest of it is broken.
    #[must_use]
    pub fn socket_of_broken(path: &Path) -> Option<PathBuf> {
        sections::socket_of_broken(&read_private(path).ok()?)
    }

    /// Checks the text of a configuration. `path` appears in the problems.
    ///
    /// # Errors
    /// Every problem in it.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Problems> {
        sections::read(path, text)
    }
}
