//! The files that `make install` installs; the packages are made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use crate::document::Document;
use crate::{read, workspace};

/// Their paths on a host, and those of their folders.
pub(crate) static INSTALLED: LazyLock<BTreeSet<String>> = LazyLock::new(|| HOST.paths.clone());

/// The guides as they are installed, by their paths on a host.
pub(crate) fn installed_pages() -> &'static BTreeMap<String, Document> {
    &HOST.pages
}

struct Host {
    paths: BTreeSet<String>,
    pages: BTreeMap<String, Document>,
}

static HOST: LazyLock<Host> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let (built, root) = (folder.path().join("target"), folder.path().join("root"));
    // Empty files in the place of built ones.
    let script = read(&workspace().join("scripts/install-files"));
    for word in script.split("\"$target/").skip(1).filter_map(|rest| rest.split('"').next()) {
        let file = built.join(word);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, "").expect("a file");
    }
    install(&built, &root);
    let (mut paths, mut pages) = (BTreeSet::new(), BTreeMap::new());
    let mut open = vec![root.clone()];
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(&below).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = format!("/{}", path.strip_prefix(&root).expect("below").display());
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            } else if name.starts_with(GUIDES) && name.ends_with(".md") {
                pages.insert(name.clone(), Document::new(&name, &read(&path)));
            }
            paths.insert(name);
        }
    }
    Host { paths, pages }
});

/// The folder of the guides on a host.
pub(crate) const GUIDES: &str = "/usr/share/doc/postern/";

fn install(built: &Path, root: &Path) {
    let mut command = Command::new("scripts/install-files");
    command.arg("install").current_dir(workspace()).env_remove("PREFIX").env_remove("SYSCONFDIR");
    command.env("CARGO_TARGET_DIR", built).env("DESTDIR", root).env("PAM_DIR", "/usr/lib/security");
    let output = command.output().expect("scripts/install-files");
    assert!(output.status.success(), "scripts/install-files: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn programs_man_pages_and_units_are_installed() {
    for path in [
        "/usr/sbin/posternd",
        "/usr/bin/postern",
        "/usr/lib/postern/postern-checkpassword",
        "/usr/share/man/man5/postern.toml.5",
        "/usr/lib/systemd/system/posternd.socket",
        "/usr/share/postern/ldap-schema",
    ] {
        assert!(INSTALLED.contains(path), "{path}: {:#?}", *INSTALLED);
    }
}
