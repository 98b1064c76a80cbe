//! A web server before a web mail behind the gate, as `packaging/proxy` has it.

use tempfile::TempDir;

use crate::certs::Certs;
use crate::guard::Process;
use crate::http::Place;
use crate::{caddy, host, nginx};

/// A running web server, stopped when dropped.
#[derive(Debug)]
pub struct GateProxy {
    _process: Process,
    _dir: TempDir,
    /// Its port.
    pub port: u16,
}

/// The web mail behind the gate.
#[derive(Debug, Clone, Copy)]
pub struct Webmail<'a> {
    /// Its name in `[web.applications]`.
    pub application: &'a str,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
}

impl GateProxy {
    /// nginx at `port`, which asks at the socket `applications` about the web mail.
    #[must_use]
    pub fn nginx(name: &str, port: u16, applications: &Place, webmail: Webmail<'_>, certs: &Certs) -> Self {
        let dir = directory();
        let headers = dir.path().join("postern-gate-headers.conf");
        let example = include_str!("../../packaging/proxy/postern-gate-headers.conf");
        std::fs::write(&headers, example).expect("the headers");
        let (cert, key) = (certs.cert.display(), certs.key.display());
        let site = replaced(
            include_str!("../../packaging/proxy/nginx-gate.conf"),
            &[
                ("    listen [::]:443 ssl;\n", ""),
                ("listen 443 ssl;", &format!("listen 127.0.0.1:{port} ssl;")),
                ("    server_name webmail.example.org;\n", ""),
                ("/etc/letsencrypt/live/webmail.example.org/fullchain.pem", &cert.to_string()),
                ("/etc/letsencrypt/live/webmail.example.org/privkey.pem", &key.to_string()),
                ("unix:/run/postern-web/applications.sock;", &format!("unix:{};", socket(applications))),
                ("include /etc/nginx/postern-gate-headers.conf;", &format!("include {};", headers.display())),
                ("application=sogo", &format!("application={}", webmail.application)),
                // Ports of loopback are not 443.
                ("$scheme://$host", "$scheme://$http_host"),
                ("http://127.0.0.1:20000", &format!("http://127.0.0.1:{}", webmail.port)),
            ],
        );
        let process = nginx::run(dir.path(), &site, port, &host::output_dir(name).join("nginx-gate.log"));
        Self { _process: process, _dir: dir, port }
    }

    /// Caddy at `port`, without TLS.
    #[must_use]
    pub fn caddy(name: &str, port: u16, applications: &Place, webmail: Webmail<'_>) -> Self {
        let dir = directory();
        let site = replaced(
            include_str!("../../packaging/proxy/Caddyfile-gate"),
            &[
                ("webmail.example.org {", &format!("http://127.0.0.1:{port} {{")),
                ("unix//run/postern-web/applications.sock", &format!("unix/{}", socket(applications))),
                ("application=sogo", &format!("application={}", webmail.application)),
                ("127.0.0.1:20000", &format!("127.0.0.1:{}", webmail.port)),
            ],
        );
        let text = format!("{{\nadmin off\nauto_https off\n}}\n{site}");
        let process = caddy::run(dir.path(), &text, port, &host::output_dir(name).join("caddy-gate.log"));
        Self { _process: process, _dir: dir, port }
    }
}

fn directory() -> TempDir {
    tempfile::Builder::new().prefix("gate.").tempdir_in(host::test_dir()).expect("a directory")
}

fn socket(place: &Place) -> String {
    match place {
        Place::Unix(path) => path.display().to_string(),
        Place::Port(port) => panic!("a port, {port}, in the place of a socket"),
    }
}

/// An example, with what a test has in the place of what a host has.
fn replaced(example: &str, changes: &[(&str, &str)]) -> String {
    let mut text = example.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the example has changed: {from}");
        text = text.replace(from, to);
    }
    text
}
