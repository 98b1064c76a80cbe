//! A real Roundcube in a PHP-FPM of its own, with the files of `packaging/roundcube`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::certs::Certs;
use crate::guard::{Process, free_port, read_log};
use crate::http::Place;
use crate::site::random_password;
use crate::{Ran, canary, host};

use super::front::Ports;
use super::{Front, MailServers, WebmailClient, apache, nginx};

/// A Roundcube behind its web server, stopped when dropped.
#[derive(Debug)]
pub struct Roundcube {
    _front: Process,
    php: Process,
    dir: TempDir,
    ports: Ports,
}

/// How a [`Roundcube`] is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    plugins: Vec<String>,
    lines: String,
    account_url: String,
    listener: String,
    front: Front,
}

impl Settings {
    /// Without the plugin `postern`: with Roundcube's own login.
    #[must_use]
    pub fn plain() -> Self {
        let plugins = ["managesieve", "archive", "zipdownload"].map(str::to_owned).to_vec();
        Self {
            plugins,
            lines: String::new(),
            account_url: String::new(),
            listener: String::new(),
            front: Front::Nginx,
        }
    }

    /// With it: people sign in at `account_url`, and `listener` is asked about them.
    #[must_use]
    pub fn with_plugin(account_url: &str, listener: &str) -> Self {
        let plain = Self::plain();
        let plugins = [vec!["postern".to_owned()], plain.plugins].concat();
        Self { plugins, account_url: account_url.to_owned(), listener: listener.to_owned(), ..plain }
    }

    /// Another plugin, after the others.
    #[must_use]
    pub fn plugin(mut self, name: &str) -> Self {
        self.plugins.push(name.to_owned());
        self
    }

    /// Behind this web server.
    #[must_use]
    pub fn behind(mut self, front: Front) -> Self {
        self.front = front;
        self
    }

    /// A line of PHP at the end of the configuration.
    #[must_use]
    pub fn line(mut self, line: &str) -> Self {
        self.lines += line;
        self.lines.push('\n');
        self
    }
}

impl Roundcube {
    /// Starts it before these servers, with TLS at `port`. `name` names the directory of its logs.
    #[must_use]
    pub fn start(name: &str, servers: &MailServers, certs: &Certs, port: u16, settings: &Settings) -> Self {
        let dir = tempfile::Builder::new().prefix("rc.").tempdir_in(host::test_dir()).expect("a directory");
        host::own(dir.path(), (0.into(), 0.into()), 0o755);
        tree(dir.path());
        configure(dir.path(), servers, settings);
        let ports = Ports { tls: port, clear: free_port() };
        let socket = dir.path().join("php.sock");
        let php = start_php(name, dir.path(), &socket);
        let place = dir.path().join("front");
        host::make_dir(&place, (0.into(), 0.into()), 0o755);
        let start = match settings.front {
            Front::Nginx => nginx::start,
            Front::Apache => apache::start,
        };
        let front = start(name, &place, &dir.path().join("public_html"), &socket, certs, ports);
        Self { _front: front, php, dir, ports }
    }

    /// The address of a page, by its path and query. Not of the host of the account's pages, so that no cookie is of both.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.authority())
    }

    /// Host and port.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("webmail.localhost:{}", self.ports.tls)
    }

    /// A client that sends what no browser would.
    #[must_use]
    pub fn client(&self) -> WebmailClient {
        WebmailClient::at(Place::Port(self.ports.clear), &self.authority())
    }

    /// What Roundcube and PHP logged.
    #[must_use]
    pub fn log(&self) -> String {
        let errors = read_log(&self.dir.path().join("logs/errors.log"));
        format!("{}{errors}", self.php.log())
    }

    /// What Roundcube keeps of its sessions, decoded.
    #[must_use]
    pub fn sessions(&self) -> Vec<String> {
        use base64::Engine;
        let database =
            rusqlite::Connection::open(self.dir.path().join("db/roundcube.db")).expect("a database");
        let mut all = database.prepare("SELECT vars FROM session").expect("a table");
        let rows = all.query_map([], |row| row.get::<_, String>(0)).expect("sessions");
        rows.map(|vars| {
            let bytes = base64::prelude::BASE64_STANDARD.decode(vars.expect("a session")).expect("base64");
            String::from_utf8_lossy(&bytes).into_owned()
        })
        .collect()
    }
}

/// Roundcube as Debian lays it out below `/var/lib/roundcube`, with folders of its own for what it writes and reads.
fn tree(dir: &Path) {
    let shared = Path::new("/usr/share/roundcube");
    drop(host::system_program("/usr/share/roundcube/index.php", "roundcube-core"));
    let www = host::ids("www-data");
    for name in ["plugins", "public_html", "public_html/program", "config"] {
        host::make_dir(&dir.join(name), (0.into(), 0.into()), 0o755);
    }
    for name in ["logs", "temp", "db"] {
        host::make_dir(&dir.join(name), www, 0o700);
    }
    let link =
        |to: &Path, at: &str| symlink(to, dir.join(at)).unwrap_or_else(|error| panic!("{at}: {error}"));
    for name in ["index.php", "program", "skins", "SQL"] {
        link(&shared.join(name), name);
    }
    for name in ["js", "resources"] {
        link(&shared.join("program").join(name), &format!("public_html/program/{name}"));
    }
    for name in ["skins", "plugins"] {
        link(&dir.join(name), &format!("public_html/{name}"));
    }
    for plugin in fs::read_dir(shared.join("plugins")).expect("plugins").flatten() {
        let name = plugin.file_name().to_string_lossy().into_owned();
        link(&plugin.path(), &format!("plugins/{name}"));
    }
    for name in ["defaults.inc.php", "mimetypes.php"] {
        link(&Path::new("/etc/roundcube").join(name), &format!("config/{name}"));
    }
    // Not a link: it finds the rest from where it is.
    fs::copy("/var/lib/roundcube/public_html/index.php", dir.join("public_html/index.php"))
        .expect("index.php");
    // Nor this one: nobody but us need be able to read the repository.
    let mut copy = Command::new("/bin/cp");
    copy.arg("-r").arg(plugin()).arg(dir.join("plugins/postern"));
    drop(Ran::of(&mut copy, b"", LIMIT).succeeded());
    let tables = fs::read_to_string(shared.join("SQL/sqlite.initial.sql")).expect("the tables");
    let file = dir.join("db/roundcube.db");
    rusqlite::Connection::open(&file).and_then(|made| made.execute_batch(&tables)).expect("a database");
    host::own(&file, www, 0o600);
}

/// The plugin.
#[must_use]
fn plugin() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../roundcube/postern")
}

/// The example, with what a test has in the place of what a host has.
fn configure(dir: &Path, servers: &MailServers, settings: &Settings) {
    let key = &random_password()[..20];
    let key = format!("{key}0123");
    canary::register(&key);
    let plugins: Vec<String> = settings.plugins.iter().map(|name| format!("'{name}'")).collect();
    let mut text = include_str!("../../../packaging/roundcube/config.inc.php").to_owned();
    for (example, here) in [
        (
            "include '/etc/roundcube/debian-db-roundcube.php';",
            format!("$config['db_dsnw'] = 'sqlite:///{}/db/roundcube.db?mode=0600';", dir.display()),
        ),
        ("'localhost:143'", format!("'127.0.0.1:{}'", servers.dovecot.imap_port())),
        ("'localhost:587'", format!("'127.0.0.1:{}'", servers.submission.port)),
        ("########################", key),
        ("'postern', 'managesieve', 'archive', 'zipdownload'", plugins.join(", ")),
    ] {
        assert_eq!(text.matches(example).count(), 1, "the example has changed: {example}");
        text = text.replace(example, &here);
    }
    let here = format!(
        "$config['managesieve_host'] = '127.0.0.1:{}';\n$config['temp_dir'] = '{1}/temp';\n\
         $config['log_dir'] = '{1}/logs';\n{2}",
        servers.sieve,
        dir.display(),
        settings.lines
    );
    fs::write(dir.join("config/config.inc.php"), format!("{text}\n{here}")).expect("config.inc.php");
    let mut own = include_str!("../../../roundcube/postern/config.inc.php.dist").to_owned();
    for (example, here) in [
        ("'https://account.example.org/'", &settings.account_url),
        ("'unix:///run/postern-web/applications.sock'", &settings.listener),
    ] {
        assert_eq!(own.matches(example).count(), 1, "the example has changed: {example}");
        own = own.replace(example, &format!("'{here}'"));
    }
    fs::write(dir.join("config/postern.inc.php"), own).expect("postern.inc.php");
}

/// PHP-FPM with the example's pool.
fn start_php(name: &str, dir: &Path, socket: &Path) -> Process {
    let mut pool = String::new();
    for line in include_str!("../../../packaging/roundcube/php-fpm.conf").lines() {
        match line {
            "listen = /run/php/roundcube.sock" => pool += &format!("listen = {}", socket.display()),
            other => pool += other,
        }
        pool.push('\n');
    }
    assert!(pool.contains(&socket.display().to_string()), "the example has changed");
    let here = dir.display();
    let whole = format!(
        "[global]\nerror_log = /dev/stderr\ndaemonize = no\npid = {here}/php.pid\n{pool}\
         php_admin_value[sys_temp_dir] = {here}/temp\nphp_admin_value[upload_tmp_dir] = {here}/temp\n\
         php_admin_value[error_log] = {here}/logs/errors.log\n"
    );
    let config = dir.join("php-fpm.conf");
    fs::write(&config, whole).expect("php-fpm.conf");
    let mut command = Command::new(php_fpm());
    command.args(["--nodaemonize", "--fpm-config"]).arg(&config).current_dir("/");
    let mut process = Process::spawn("php-fpm", &mut command, &host::output_dir(name).join("php-fpm.log"));
    process.wait_ready(LIMIT, || std::os::unix::net::UnixStream::connect(socket).ok());
    process
}

/// Its name has the version in it.
fn php_fpm() -> PathBuf {
    let programs = fs::read_dir("/usr/sbin").expect("/usr/sbin").flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        programs.filter(|path| path.display().to_string().contains("/php-fpm")).collect();
    found.sort();
    found.pop().unwrap_or_else(|| host::system_program("/usr/sbin/php-fpm8.2", "php-fpm"))
}

const LIMIT: Duration = Duration::from_secs(20);
