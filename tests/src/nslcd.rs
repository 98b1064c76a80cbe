//! A real nslcd, which other PAM modules ask about accounts in LDAP, and its pam_ldap.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::guard::Process;
use crate::slapd::{PEOPLE, SERVICE};
use crate::{Slapd, host};

/// A running nslcd, stopped when dropped. There is one at a time: it and its module know one socket.
#[derive(Debug)]
pub struct Nslcd {
    process: Process,
    _dir: TempDir,
}

impl Nslcd {
    /// One that asks `slapd` over TLS, logging to `output`.
    ///
    /// It reads /etc/nslcd.conf and nothing else, and so it gets an /etc of its own.
    #[must_use]
    pub fn start(slapd: &Slapd, output: &Path) -> Self {
        host::require_test_host();
        let dir =
            tempfile::Builder::new().prefix("nslcd.").tempdir_in(host::test_dir()).expect("a directory");
        // It takes 64 bytes of a path, and the output may be anywhere.
        let log = dir.path().join("log");
        std::os::unix::fs::symlink(output.join("nslcd.log"), &log).expect("a link");
        // An overlay's own folders cannot lie on one.
        let script = "set -e; over=$1/over; mount -t tmpfs none \"$over\"; mkdir \"$over/etc\" \"$over/work\"; \
                      cp -p \"$1/nslcd.conf\" \"$over/etc/\"; \
                      mount -t overlay -o \"lowerdir=/etc,upperdir=$over/etc,workdir=$over/work\" none /etc; \
                      exec \"$2\" --nofork";
        let config = format!(
            "uid root\ngid root\nuri {}\ntls_reqcert demand\ntls_cacertfile {}\nbase {PEOPLE}\nbinddn {SERVICE}\nbindpw {}\n\
             map passwd uid uid\nlog {} error\n",
            slapd.ldaps_uri(),
            slapd.ca_file().display(),
            slapd.service_password(),
            log.display()
        );
        fs::create_dir(dir.path().join("over")).expect("a folder");
        let file = dir.path().join("nslcd.conf");
        fs::write(&file, config).expect("nslcd.conf");
        host::own(&file, (0.into(), 0.into()), 0o600);
        fs::create_dir_all("/run/nslcd").expect("/run/nslcd");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "bash", "-c", script, "nslcd"]);
        command.arg(dir.path()).arg(unpacked().join("usr/sbin/nslcd")).current_dir("/");
        let mut process = Process::spawn("nslcd", &mut command, &output.join("nslcd.console.log"));
        process.wait_ready(LIMIT, || Path::new(SOCKET).exists().then_some(()));
        Self { process, _dir: dir }
    }

    /// The version that it says it has, if it was fetched.
    #[must_use]
    pub fn version() -> Option<String> {
        let ran = Command::new(folder().join("usr/sbin/nslcd")).arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        text.lines().next()?.rsplit(' ').next().map(str::to_owned)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Its PAM module.
    #[must_use]
    pub fn module() -> PathBuf {
        unpacked().join(format!("lib/{}-linux-gnu/security/pam_ldap.so", std::env::consts::ARCH))
    }
}

fn unpacked() -> PathBuf {
    let folder = folder();
    assert!(folder.is_dir(), "{} is missing: run scripts/fetch-nslcd", folder.display());
    folder
}

fn folder() -> PathBuf {
    host::output_root().with_file_name("tools").join("nslcd")
}

const SOCKET: &str = "/run/nslcd/socket";
const LIMIT: Duration = Duration::from_secs(10);
