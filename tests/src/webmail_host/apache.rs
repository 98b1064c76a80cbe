//! Apache before Roundcube, as `packaging/proxy/apache-roundcube.conf` has it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::certs::Certs;
use crate::guard::Process;
use crate::host;
use crate::http::Place;

use super::front::Ports;

/// Starts it with its files in `dir`, for a Roundcube whose files are in `root` and whose PHP listens at `socket`.
pub(super) fn start(
    name: &str,
    dir: &Path,
    root: &Path,
    socket: &Path,
    certs: &Certs,
    ports: Ports,
) -> Process {
    let program = host::system_program("/usr/sbin/apache2", "apache2-bin");
    let (here, Ports { tls, clear }) = (dir.display(), ports);
    let modules: String = MODULES
        .map(|module| format!("LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n"))
        .concat();
    let site = site(root, socket, certs);
    let with_tls = site.replace("*:443", &format!("127.0.0.1:{tls}"));
    let without: String = site.replace("*:443", &format!("127.0.0.1:{clear}"));
    let without = without.replace("SSLEngine on\n", "SetEnv HTTPS on\n");
    let whole = format!(
        "ServerRoot {here}\nServerName localhost\nPidFile {here}/pid\nDefaultRuntimeDir {here}\nErrorLog {here}/error.log\n\
         User www-data\nGroup www-data\nListen 127.0.0.1:{tls}\nListen 127.0.0.1:{clear}\n{modules}\
         TypesConfig /etc/mime.types\n<Directory />\nRequire all denied\n</Directory>\n{with_tls}{without}"
    );
    let config = dir.join("apache2.conf");
    std::fs::write(&config, whole).expect("apache2.conf");
    let mut command = Command::new(program);
    command.args(["-D", "FOREGROUND", "-f"]).arg(&config).current_dir("/");
    let mut process = Process::spawn("apache2", &mut command, &host::output_dir(name).join("apache2.log"));
    process.wait_ready(Duration::from_secs(10), || Place::Port(tls).connect().ok().map(drop));
    process
}

/// The example's first site, with what a test has in the place of what a host has.
fn site(root: &Path, socket: &Path, certs: &Certs) -> String {
    let example = include_str!("../../../packaging/proxy/apache-roundcube.conf");
    let (example, last) = example.split_at(example.rfind("<VirtualHost").expect("a site"));
    assert!(last.contains("*:80"), "the example has changed");
    let mut site = example.to_owned();
    for (here, text) in [
        ("/var/lib/roundcube/public_html", root),
        ("/run/php/roundcube.sock", socket),
        ("/etc/letsencrypt/live/webmail.example.org/fullchain.pem", &*certs.cert),
        ("/etc/letsencrypt/live/webmail.example.org/privkey.pem", &certs.key),
    ] {
        assert!(site.contains(here), "the example has changed: {here}");
        site = site.replace(here, &text.display().to_string());
    }
    assert_eq!(site.matches("ServerName webmail.example.org\n").count(), 1, "the example has changed");
    site.replace("ServerName webmail.example.org\n", "ServerName webmail.localhost\n")
}

const MODULES: [&str; 10] =
    ["mpm_event", "authz_core", "dir", "env", "headers", "mime", "proxy", "proxy_fcgi", "ssl", "setenvif"];
