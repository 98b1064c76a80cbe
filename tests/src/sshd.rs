//! A real sshd on a free port of 127.0.0.1, with a PAM service, host key and configuration of its own.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use crate::guard::{Process, free_port, wait_for_line};
use crate::pam::PamService;
use crate::{Ran, host};

/// A running sshd, stopped when dropped; logins that it let in go on until their clients end.
#[derive(Debug)]
pub struct Sshd {
    process: Process,
    program: PathBuf,
    port: u16,
    output: String,
    service: PamService,
    // Last, so that the files go after the process.
    dir: TempDir,
}

/// How an [`Sshd`] is set up.
#[derive(Debug, Clone)]
pub struct SshdBuilder {
    output: String,
    service: String,
    stack: String,
    lines: String,
    env: Vec<(String, String)>,
}

impl Sshd {
    /// One in preparation, with PAM and keyboard-interactive; `name` names its directory under `target/test-output`.
    #[must_use]
    pub fn builder(name: &str) -> SshdBuilder {
        SshdBuilder {
            output: name.to_owned(),
            service: "sshd".to_owned(),
            stack: "auth required pam_deny.so".to_owned(),
            lines: String::new(),
            env: Vec::new(),
        }
    }

    /// One with this PAM stack; see [`PamService::new`].
    #[must_use]
    pub fn with(name: &str, stack: &str) -> Self {
        Self::builder(name).pam(stack).start()
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The name of its directory under `target/test-output`.
    #[must_use]
    pub fn output(&self) -> &str {
        &self.output
    }

    /// Its PAM service.
    #[must_use]
    pub fn service(&self) -> &PamService {
        &self.service
    }

    /// What `ssh` needs to recognise it.
    #[must_use]
    pub fn known_hosts(&self) -> PathBuf {
        self.dir.path().join("known_hosts")
    }

    /// `sshd_config`.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir.path().join("sshd_config")
    }

    /// The program, under the name that decides the PAM service, and its arguments: what tells its whole configuration.
    #[must_use]
    pub fn test_command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("-T").arg("-f").arg(self.config()).current_dir("/");
        command
    }

    /// What `sshd -T` prints: every setting that is in force, keywords in lower case.
    #[must_use]
    pub fn settings(&self) -> String {
        Ran::of(&mut self.test_command(), b"", LIMIT).succeeded().stdout
    }

    /// All that it logged, at level DEBUG1.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits for a line of the log that contains all of `parts`, and returns it.
    #[must_use]
    pub fn logged(&self, parts: &[&str]) -> String {
        wait_for_line(self.process.log_path(), parts, LIMIT)
    }
}

impl SshdBuilder {
    /// The PAM stack.
    #[must_use]
    pub fn pam(mut self, stack: &str) -> Self {
        stack.clone_into(&mut self.stack);
        self
    }

    /// What the PAM service's name begins with, in place of `sshd`.
    #[must_use]
    pub fn service(mut self, base: &str) -> Self {
        base.clone_into(&mut self.service);
        self
    }

    /// `AuthenticationMethods`, such as `publickey,keyboard-interactive`.
    #[must_use]
    pub fn methods(self, methods: &str) -> Self {
        self.set("AuthenticationMethods", methods)
    }

    /// A line of `sshd_config`, which wins over those that are there without it.
    #[must_use]
    pub fn set(mut self, keyword: &str, value: &str) -> Self {
        writeln!(self.lines, "{keyword} {value}").expect("text");
        self
    }

    /// A variable in the environment of sshd itself.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it and waits until it listens.
    #[must_use]
    pub fn start(self) -> Sshd {
        host::require_test_host();
        let original = host::system_program("/usr/sbin/sshd", "openssh-server");
        assert!(Path::new("/run/sshd").is_dir(), "no /run/sshd; scripts/in-test-host makes it");
        let dir = tempfile::Builder::new().prefix("sshd.").tempdir_in(host::test_dir()).expect("a directory");
        host::own(dir.path(), (0.into(), 0.into()), 0o755);
        let service = PamService::new(&self.service, &self.stack);
        // Up to OpenSSH 9.7 the name under which it was started is its PAM service.
        let program = dir.path().join(service.name());
        symlink(original, &program).expect("a link");
        let (port, host_key) = (free_port(), dir.path().join("host_key"));
        let mut keygen = Command::new(host::system_program("/usr/bin/ssh-keygen", "openssh-client"));
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "host", "-f"]).arg(&host_key);
        drop(Ran::of(&mut keygen, b"", LIMIT).succeeded());
        let public = fs::read_to_string(host_key.with_extension("pub")).expect("a host key");
        fs::write(dir.path().join("known_hosts"), format!("[127.0.0.1]:{port} {public}"))
            .expect("known_hosts");
        let config = dir.path().join("sshd_config");
        let mut text = format!("{}Port {port}\nHostKey {}\n{SSHD_CONFIG}", self.lines, host_key.display());
        if version() >= (9, 8) {
            writeln!(text, "PAMServiceName {}\nPerSourcePenalties no", service.name()).expect("text");
        }
        fs::write(&config, text).expect("sshd_config");
        let mut command = Command::new(&program);
        command
            .args(["-D", "-e", "-f"])
            .arg(&config)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .envs(self.env)
            .current_dir("/");
        let log = host::output_dir(&self.output).join(format!("sshd-{port}.log"));
        let mut process = Process::spawn("sshd", &mut command, &log);
        let listens = format!("Server listening on 127.0.0.1 port {port}.");
        process.wait_ready(LIMIT, || {
            fs::read_to_string(&log).unwrap_or_default().contains(&listens).then_some(())
        });
        Sshd { process, program, port, output: self.output, service, dir }
    }
}

/// OpenSSH's version, such as `(9, 2)`.
#[must_use]
pub fn version() -> (u32, u32) {
    static VERSION: OnceLock<(u32, u32)> = OnceLock::new();
    *VERSION.get_or_init(|| {
        let mut command = Command::new(host::system_program("/usr/bin/ssh", "openssh-client"));
        let told = Ran::of(command.arg("-V"), b"", LIMIT).stderr;
        let mut numbers = told
            .strip_prefix("OpenSSH_")
            .unwrap_or_default()
            .split(|c: char| !c.is_ascii_digit())
            .map_while(|number| number.parse().ok());
        numbers.next().zip(numbers.next()).unwrap_or_else(|| panic!("not a version of OpenSSH: {told}"))
    })
}

const SSHD_CONFIG: &str = "ListenAddress 127.0.0.1
PidFile none
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication no
PubkeyAuthentication yes
AuthorizedKeysFile .ssh/authorized_keys
AcceptEnv LANG LC_*
LogLevel DEBUG1
MaxStartups 200
MaxSessions 200
PrintMotd no
PrintLastLog no
UseDNS no
X11Forwarding no
";
const LIMIT: Duration = Duration::from_secs(20);
