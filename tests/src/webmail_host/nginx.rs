//! nginx before Roundcube, as `packaging/proxy/nginx-roundcube.conf` has it.

use std::path::Path;

use crate::certs::Certs;
use crate::guard::Process;
use crate::{host, nginx};

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
    let site = site(root, socket, certs, ports);
    nginx::run(dir, &site, ports.tls, &host::output_dir(name).join("nginx-roundcube.log"))
}

/// The example, with what a test has in the place of what a host has.
fn site(root: &Path, socket: &Path, certs: &Certs, ports: Ports) -> String {
    let example = include_str!("../../../packaging/proxy/nginx-roundcube.conf");
    // The last server sends people from http to https, and there is no port 80 here.
    let (example, last) = example.split_at(example.rfind("server {").expect("a server"));
    assert!(last.contains("listen 80;"), "the example has changed");
    let mut site = String::new();
    for line in example.lines() {
        let line = match line.trim() {
            "listen 443 ssl;" => format!(
                "listen 127.0.0.1:{} ssl;\nlisten 127.0.0.1:{};\nssl_certificate {};\nssl_certificate_key {};",
                ports.tls,
                ports.clear,
                certs.cert.display(),
                certs.key.display()
            ),
            "root /var/lib/roundcube/public_html;" => format!("root {};", root.display()),
            "include fastcgi.conf;" => "include /etc/nginx/fastcgi.conf;".to_owned(),
            "fastcgi_pass unix:/run/php/roundcube.sock;" => {
                format!("fastcgi_pass unix:{};", socket.display())
            }
            text if text.contains("[::]")
                || text.starts_with("ssl_certificate")
                || text.starts_with("server_name") =>
            {
                continue;
            }
            _ => line.to_owned(),
        };
        site.push_str(&line);
        site.push('\n');
    }
    for part in [root, socket, &certs.key] {
        assert_eq!(site.matches(&part.display().to_string()).count(), 1, "the example has changed: {site}");
    }
    site
}
