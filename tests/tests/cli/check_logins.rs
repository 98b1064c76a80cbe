//! `postern check` over what sshd and PAM are told: a real sshd prints its settings, from files of a host of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use postern_tests::{Ran, Site, host};
use serde_json::Value;

/// The files of a host.
struct Host {
    site: Site,
    root: PathBuf,
}

impl Host {
    fn new(name: &str, settings: &'static str) -> Self {
        let site = Site::builder(name).postern_toml(move |text| text + settings).build();
        let root = site.dir().join("host");
        for folder in ["etc/pam.d", "etc/ssh"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let host = Self { site, root };
        let key = host.root.join("etc/ssh/key");
        let mut keygen = Command::new(host::system_program("/usr/bin/ssh-keygen", "openssh-client"));
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).current_dir("/");
        drop(Ran::of(&mut keygen, b"", Duration::from_secs(20)).succeeded());
        host.sshd("AuthenticationMethods publickey,keyboard-interactive\n");
        host.pam("common-auth", "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n");
        host.pam("common-account", "account required pam_unix.so\n");
        host.pam("sshd", SSHD);
        host
    }

    fn pam(&self, service: &str, stack: &str) {
        fs::write(self.root.join("etc/pam.d").join(service), stack).unwrap();
    }

    /// A stack of packaging/pam.
    fn shipped(&self, service: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/pam");
        self.pam(service, &fs::read_to_string(folder.join(service)).unwrap());
    }

    /// What is told to sshd besides what every test wants.
    fn sshd(&self, settings: &str) {
        let key = self.root.join("etc/ssh/key");
        let text = format!(
            "HostKey {}\nUsePAM yes\nPermitRootLogin no\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n{settings}",
            key.display()
        );
        fs::write(self.root.join("etc/ssh/sshd_config"), text).unwrap();
    }

    /// What is said about sshd and PAM, without what is in order or only to know.
    fn complaints(&self) -> Vec<String> {
        let is_complaint = |line: &String| !line.starts_with("ok ") && !line.starts_with("note ");
        self.said().into_iter().filter(is_complaint).collect()
    }

    fn said(&self) -> Vec<String> {
        let ran = self.site.cli(&["--json", "check", "--root", &self.root.display().to_string()]);
        let json: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        let findings = json["findings"].as_array().unwrap();
        let ours = findings
            .iter()
            .filter(|one| ["pam", "sshd", "identity"].contains(&one["part"].as_str().unwrap()));
        ours.map(|one| format!("{} {}: {}", word(one, "result"), word(one, "part"), word(one, "text")))
            .collect()
    }

    #[track_caller]
    fn one(&self, words: &[&str]) {
        let complaints = self.complaints();
        assert_eq!(complaints.len(), 1, "{complaints:#?}");
        assert!(words.iter().all(|word| complaints[0].contains(word)), "{words:?} in {complaints:?}");
    }
}

#[test]
fn a_host_in_order_has_no_fault() {
    let host = Host::new("logins", "");
    assert_eq!(host.complaints(), [""; 0]);
    assert!(host.said().iter().any(|line| line == "ok pam: these ask Postern: sshd"), "{:?}", host.said());
}

#[test]
fn a_host_that_asks_nothing_of_postern_hears_nothing_of_its_sshd() {
    let host = Host::new("logins_none", "");
    host.pam("sshd", "@include common-auth\n@include common-account\n");
    host.sshd("UsePAM no\n");
    assert_eq!(host.said(), ["ok pam: no login service of this host asks Postern"]);
}

#[test]
fn each_thing_that_lets_people_past_is_named() {
    let host = Host::new("logins_past", "");
    host.sshd("");
    let said = host.said();
    assert!(said.iter().any(|line| line.starts_with("ok sshd: publickey alone opens ssh")), "{said:?}");
    host.site.edit_config(|text| text + "[services.sshd]\naccount = \"ignore\"\n");
    host.one(&["fail sshd", "publickey alone", "AuthenticationMethods publickey,keyboard-interactive"]);
    host.site.edit_config(|text| text.replace("account = \"ignore\"", "account = \"enforce\""));
    assert_eq!(host.complaints(), [""; 0]);

    host.sshd("AuthenticationMethods publickey,keyboard-interactive\nMatch User backup\n  AuthenticationMethods publickey\n");
    host.one(&["warn sshd", "Match blocks"]);
    let text = fs::read_to_string(host.root.join("etc/ssh/sshd_config")).unwrap();
    fs::write(
        host.root.join("etc/ssh/sshd_config"),
        text.replace("UsePAM yes", "UsePAM no").split("Match").next().unwrap(),
    )
    .unwrap();
    host.one(&["fail sshd", "UsePAM is no"]);
    host.sshd("");
    let text = fs::read_to_string(host.root.join("etc/ssh/sshd_config")).unwrap();
    fs::write(
        host.root.join("etc/ssh/sshd_config"),
        text.replace("PermitRootLogin no", "PermitRootLogin yes")
            .replace("PasswordAuthentication no", "PasswordAuthentication yes"),
    )
    .unwrap();
    let complaints = host.complaints();
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert!(complaints[0].starts_with("warn sshd: PermitRootLogin is yes"), "{complaints:?}");
    assert!(complaints[1].starts_with("warn sshd: PasswordAuthentication is yes"), "{complaints:?}");
    host.sshd("AuthenticationMethods publickey,keyboard-interactive\n");

    host.pam("sshd", &format!("auth sufficient pam_unix.so\n{SSHD}"));
    host.one(&["fail pam", "sshd:1: pam_unix.so (sufficient)"]);
    host.pam("local", "auth sufficient pam_ldap.so\n");
    host.pam("sshd", &format!("@include local\n{SSHD}"));
    host.one(&["fail pam", "local:1: pam_ldap.so (sufficient)"]);
    host.pam("sshd", "auth required pam_postern.so\n@include common-account\n");
    host.one(&["fail pam", "account section"]);
    host.pam("sshd", SSHD);
    host.pam("xrdp", "auth required pam_postern.so\n");
    host.one(&["fail pam", "xrdp", "[services.xrdp]"]);
}

#[test]
fn a_first_factor_in_the_stack_has_to_end_it_where_it_fails() {
    let host = Host::new("logins_stack", "[services.sudo]\nfirst = \"stack\"\n");
    host.pam("sudo", "auth required pam_ldap.so\nauth required pam_postern.so\n@include common-account\n");
    host.one(&["fail pam", "sudo:1: pam_ldap.so (required)", "requisite"]);
    host.pam("sudo", "auth requisite pam_ldap.so\nauth required pam_postern.so\n@include common-account\n");
    assert_eq!(host.complaints(), [""; 0]);
}

#[test]
fn another_name_of_a_program_that_asks_is_a_way_past_it() {
    let host = Host::new("logins_names", "");
    let plain = "@include common-auth\n@include common-account\n";
    for (service, other) in [("sudo", "sudo-i"), ("su", "su-l")] {
        host.shipped(service);
        host.pam(other, plain);
        host.one(&["fail pam", other, "examples/pam/"]);
        host.shipped(other);
        assert_eq!(host.complaints(), [""; 0], "{other}");
    }
    host.pam("polkit-1", plain);
    host.one(&["warn pam", "polkit-1", "pkexec"]);
}

#[test]
fn the_module_in_common_auth_is_to_be_taken_out_of_it() {
    let host = Host::new("logins_common", "");
    for file in ["common-auth", "common-account"] {
        let kind = file.trim_start_matches("common-");
        host.pam(file, &format!("{kind} required pam_postern.so\n{kind} required pam_unix.so\n"));
    }
    let plain = "@include common-auth\n@include common-account\n";
    for service in ["cron", "chsh", "systemd-user"] {
        host.pam(service, plain);
    }
    let complaints = host.complaints();
    assert_eq!(complaints.len(), 2, "{complaints:#?}");
    for (complaint, file) in complaints.iter().zip(["common-account", "common-auth"]) {
        assert!(complaint.starts_with(&format!("fail pam: {file}: ")), "{complaints:#?}");
        assert!(complaint.contains(&format!("take it out of {file}")), "{complaint}");
        assert!(
            complaint.contains("chsh, cron, systemd-user") && !complaint.contains("add ["),
            "{complaint}"
        );
    }
}

#[test]
fn a_stack_that_does_not_fit_first_is_named() {
    let host = Host::new("logins_first", "[services.sudo]\nfirst = \"directory\"\n");
    host.shipped("sudo");
    host.one(&["warn pam", "sudo", "first = \"directory\""]);
    host.site.edit_config(|text| text.replace("first = \"directory\"", "first = \"auto\""));
    assert_eq!(host.complaints(), [""; 0]);
}

#[test]
fn names_in_the_place_of_addresses_are_named() {
    let host = Host::new("logins_dns", "");
    host.sshd("AuthenticationMethods publickey,keyboard-interactive\nUseDNS yes\n");
    host.one(&["warn sshd", "UseDNS is yes", "UseDNS no"]);
}

#[test]
fn users_who_are_locked_out_are_listed() {
    let host = Host::new("logins_shut_out", "");
    let passwd = "root:x:0:0::/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/bash\nbackup:x:34:34::/home/backup:/bin/sh\n";
    fs::write(host.root.join("etc/passwd"), passwd).unwrap();
    fs::write(host.root.join("etc/group"), "sudo:x:27:bob\n").unwrap();
    fs::create_dir_all(host.root.join("home/backup/.ssh")).unwrap();
    fs::write(host.root.join("home/backup/.ssh/authorized_keys"), "ssh-ed25519 AAAA backup\n").unwrap();
    let note = |host: &Host| {
        let said = host.said();
        said.into_iter().find(|line| line.contains("no longer get in")).unwrap_or_default()
    };
    let said = note(&host);
    assert!(said.starts_with("note sshd: "), "{:?}", host.said());
    assert!(said.contains("local admins: bob") && said.contains("a key alone: backup"), "{said}");
    assert!(!said.contains("root ("), "PermitRootLogin no is sshd's own: {said}");
    drop(host.site.cli_ok(&["account", "create", "bob", "--no-password", "--uid", "1000"]));
    assert!(!note(&host).contains("bob"), "{}", note(&host));

    let ignored = Host::new("logins_let_in", "[services.sshd]\nnot_in_directory = \"ignore\"\n");
    fs::write(ignored.root.join("etc/passwd"), passwd).unwrap();
    ignored.sshd("AuthenticationMethods any\n");
    assert_eq!(note(&ignored), "");

    // What a Match block says of one user.
    fs::create_dir_all(ignored.root.join("home/backup/.ssh")).unwrap();
    fs::write(ignored.root.join("home/backup/.ssh/authorized_keys"), "ssh-ed25519 AAAA backup\n").unwrap();
    let both = "AuthenticationMethods publickey,keyboard-interactive\n";
    ignored.sshd(both);
    assert!(note(&ignored).contains("a key alone: backup"), "{}", note(&ignored));
    ignored.sshd(&format!("{both}Match User backup\n  AuthenticationMethods publickey\n"));
    assert_eq!(note(&ignored), "");
}

#[test]
fn a_local_user_whose_uid_an_entry_carries_is_named_with_the_services_that_refuse_them() {
    let host = Host::new("logins_uid_taken", "[services.sshd]\nnot_in_directory = \"ignore\"\n");
    let passwd = "root:x:0:0::/root:/bin/bash\nops:x:1000:1000::/home/ops:/bin/bash\nann:x:1001:1001::/home/ann:/bin/sh\nfree:x:1002:1002::/home/free:/bin/sh\n";
    fs::write(host.root.join("etc/passwd"), passwd).unwrap();
    fs::write(host.root.join("etc/group"), "sudo:x:27:ops\n").unwrap();
    host.shipped("sudo");
    assert!(!host.said().iter().any(|line| line.contains("the local user ")), "{:?}", host.said());
    for (name, uid) in [("bob", "1000"), ("carol", "1001")] {
        drop(host.site.cli_ok(&["account", "create", name, "--no-password", "--uid", uid]));
    }
    let said = host.said();
    let line =
        |part: &str| said.iter().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{said:?}"));
    let ops = line("the local user ops (uid 1000)");
    assert!(ops.starts_with("fail identity: ") && ops.contains("is refused at sshd, sudo"), "{ops}");
    assert!(ops.contains("that of an account with another name"), "{ops}");
    let ann = line("the local user ann (uid 1001)");
    assert!(ann.starts_with("warn identity: "), "{ann}");
    assert!(!said.iter().any(|line| line.contains("local user free")), "{said:?}");
    assert!(line("no longer get in").contains("local admins: ops"), "{said:?}");
}

#[test]
fn an_sshd_that_cannot_be_asked_is_said_to_be_so() {
    let host = Host::new("logins_broken", "");
    host.sshd("NoSuchKeyword yes\n");
    host.one(&["warn sshd", "sshd -T says nothing", "NoSuchKeyword"]);
}

#[test]
fn this_host_itself_can_be_looked_at() {
    let site = Site::new("logins_real");
    let said = site.cli(&["check"]).stdout;
    assert!(
        said.lines().any(|line| line == "ok    pam: no login service of this host asks Postern"),
        "{said}"
    );
}

const SSHD: &str = "auth required pam_postern.so\naccount required pam_postern.so\n@include common-account\n";
