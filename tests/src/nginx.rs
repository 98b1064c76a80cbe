//! nginx before postern-web, as `packaging/proxy/nginx.conf` has it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::certs::Certs;
use crate::guard::{Process, free_port};
use crate::http::Place;
use crate::{Web, host};

/// A running nginx, stopped when dropped.
#[derive(Debug)]
pub struct Nginx {
    _process: Process,
    _dir: TempDir,
    /// The port of the phones' page.
    pub phone: u16,
    /// The port of the account's pages.
    pub account: u16,
    /// The port of the settings of mail programs.
    pub autoconfig: u16,
}

/// What is before the first byte of HTTP.
#[derive(Debug, Clone, Copy)]
pub enum Security<'a> {
    /// TLS with this certificate.
    Tls(&'a Certs),
    /// Nothing: a test of what nginx does with requests.
    None,
}

impl Nginx {
    /// Starts it with the example's sites on ports of loopback; `account` is that of the account's pages. `name` names the
    /// directory of its log.
    #[must_use]
    pub fn start(name: &str, web: &Web, account: u16, security: Security<'_>) -> Self {
        Self::before(name, &[web], account, &format!("localhost:{account}"), security)
    }

    /// The same before one or more postern-web, whose account pages are at `authority`.
    #[must_use]
    pub fn before(name: &str, webs: &[&Web], account: u16, authority: &str, security: Security<'_>) -> Self {
        let dir =
            tempfile::Builder::new().prefix("nginx.").tempdir_in(host::test_dir()).expect("a directory");
        let (phone, autoconfig) = (free_port(), free_port());
        let sites = sites(webs, [phone, account, autoconfig], authority, security);
        let process = run(dir.path(), &sites, phone, &host::output_dir(name).join("nginx.log"));
        Self { _process: process, _dir: dir, phone, account, autoconfig }
    }
}

/// Starts nginx with its files in `dir` and these `sites`, one of which is at `port`.
pub(crate) fn run(dir: &Path, sites: &str, port: u16, log: &Path) -> Process {
    let program = host::system_program("/usr/sbin/nginx", "nginx-light");
    let here = dir.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
        .concat();
    let whole = format!(
        "daemon off;\nuser root;\npid {here}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n\
         include /etc/nginx/mime.types;\n{temporary}{sites}}}\n"
    );
    let config = dir.join("nginx.conf");
    std::fs::write(&config, whole).expect("nginx.conf");
    let mut command = Command::new(program);
    command.args(["-e", "stderr", "-c"]).arg(&config).current_dir("/");
    let mut process = Process::spawn("nginx", &mut command, log);
    process.wait_ready(Duration::from_secs(20), || Place::Port(port).connect().ok().map(drop));
    process
}

/// The example, with what a test has in the place of what a host has.
fn sites(webs: &[&Web], ports: [u16; 3], authority: &str, security: Security<'_>) -> String {
    let example = include_str!("../../packaging/proxy/nginx.conf");
    // The last server sends people from http to https, and there is no port 80 here.
    let (example, last) = example.split_at(example.rfind("server {").expect("a server"));
    assert!(last.contains("listen 80;"), "the example has changed");
    let (tls, certificate) = match security {
        Security::Tls(certs) => {
            let (cert, key) = (certs.cert.display(), certs.key.display());
            (" ssl", format!("ssl_certificate {cert};\nssl_certificate_key {key};\n"))
        }
        Security::None => ("", String::new()),
    };
    let server = |web: &&Web| match web.place() {
        Place::Port(port) => format!("server 127.0.0.1:{port};"),
        Place::Unix(path) => format!("server unix:{};", path.display()),
    };
    let upstream = webs.iter().map(server).collect::<Vec<_>>().join("\n");
    let mut ports = ports.iter();
    let mut sites = String::new();
    for line in example.lines() {
        let line = match line.trim() {
            "listen 443 ssl;" => {
                let port = ports.next().expect("a server of the example too many");
                format!("listen 127.0.0.1:{port}{tls};\n{certificate}")
            }
            "server 127.0.0.1:8480;" => upstream.clone(),
            // As it says for several.
            "# hash $remote_addr consistent;" if webs.len() > 1 => "hash $remote_addr consistent;".to_owned(),
            text if text.contains("[::]")
                || text.starts_with("ssl_certificate")
                || text.starts_with("server_name") =>
            {
                continue;
            }
            // Ports of loopback are not 443.
            "proxy_set_header Host 2fa.example.org;" => "proxy_set_header Host $http_host;".to_owned(),
            "proxy_set_header Host account.example.org;" => {
                format!("proxy_set_header Host {authority};")
            }
            _ => line.to_owned(),
        };
        sites.push_str(&line);
        sites.push('\n');
    }
    assert!(ports.next().is_none() && sites.contains(&upstream), "the example has changed");
    match security {
        Security::Tls(_) => sites,
        Security::None => sites.replace("$scheme", "https"),
    }
}
