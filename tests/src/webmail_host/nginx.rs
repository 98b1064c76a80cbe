//! nginx before Roundcube, as `packaging/proxy/nginx-roundcube.conf` has it.

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
    let program = host::system_program("/usr/sbin/nginx", "nginx-light");
    let here = dir.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
        .concat();
    let site = site(root, socket, certs, ports);
    let whole = format!(
        "daemon off;\nuser root;\npid {here}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n\
         include /etc/nginx/mime.types;\n{temporary}{site}}}\n"
    );
    let config = dir.join("nginx.conf");
    std::fs::write(&config, whole).expect("nginx.conf");
    let mut command = Command::new(program);
    command.args(["-e", "stderr", "-c"]).arg(&config).current_dir("/");
    let mut process =
        Process::spawn("nginx", &mut command, &host::output_dir(name).join("nginx-roundcube.log"));
    process.wait_ready(Duration::from_secs(10), || Place::Port(ports.tls).connect().ok().map(drop));
    process
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
