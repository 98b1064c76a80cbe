//! What is installed beside the programs: units, profiles, manual pages, the check for monitoring, and the way it gets there and back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use postern_tests::{Ran, Site, host};

fn tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn files(folder: &str) -> Vec<PathBuf> {
    fs::read_dir(tree(folder)).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn run(command: &mut Command) -> Ran {
    Ran::of(command, b"", LIMIT)
}

#[test]
fn systemd_finds_the_units_as_closed_as_promised() {
    for (unit, tenths) in [("posternd.service", 15), ("postern-web.service", 13)] {
        let mut analyze = Command::new(host::system_program("/usr/bin/systemd-analyze", "systemd"));
        analyze.args(["security", "--offline=true", "--no-pager", &format!("--threshold={tenths}")]);
        let ran = run(analyze.arg(tree("packaging/systemd").join(unit)));
        assert_eq!(ran.code, 0, "{unit}: {}", ran.stdout);
    }
}

#[test]
fn apparmor_parses_the_profiles() {
    let profiles = files("packaging/apparmor");
    assert_eq!(profiles.len(), 3);
    for profile in profiles {
        let mut parser = Command::new(host::system_program("/usr/sbin/apparmor_parser", "apparmor"));
        let ran = run(parser.args(["--skip-kernel-load", "--skip-cache"]).arg(&profile));
        assert_eq!(ran.code, 0, "{}: {}", profile.display(), ran.stderr);
    }
}

#[test]
fn mandoc_finds_no_fault_in_the_manual() {
    let mut mandoc = Command::new(host::system_program("/usr/bin/mandoc", "mandoc"));
    let ran = run(mandoc.args(["-Tlint", "-W", "warning"]).args(files("docs/man")));
    // Pages without a date are the same in each build.
    let faults = ran.stdout.lines().filter(|line| !line.contains("missing date"));
    assert_eq!(faults.collect::<Vec<_>>(), [""; 0]);
    for page in files("docs/man") {
        let text = fs::read_to_string(&page).unwrap();
        let section = page.extension().unwrap().to_str().unwrap();
        let is_group = text.contains(".SH SUBCOMMANDS");
        let wanted: &[&str] = match section {
            "1" if is_group => &["EXIT STATUS"],
            "1" => &["EXIT STATUS", "EXAMPLES"],
            "8" if !page.ends_with("pam_postern.8") => &["EXIT STATUS", "EXAMPLES"],
            _ => &["EXAMPLES"],
        };
        for heading in wanted {
            let is_there = [format!(".SH {heading}\n"), format!(".SH \"{heading}\"\n")];
            assert!(is_there.iter().any(|line| text.contains(line)), "{}: {heading}", page.display());
        }
    }
}

/// Programs that were not built are empty files.
fn install_files(folder: &Path, what: &str) -> Ran {
    let target = folder.join("target");
    for program in ["posternd", "postern-web", "postern", "pam_postern.so", "postern_lua.so"] {
        write(&target.join("release").join(program), "");
    }
    write(&target.join("static/postern-checkpassword"), "");
    let mut script = Command::new(tree("scripts/install-files"));
    script.arg(what).env("CARGO_TARGET_DIR", target).env("DESTDIR", folder.join("host"));
    run(script.env("PAM_DIR", "/usr/lib/security"))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn all_files(folder: &Path) -> Vec<String> {
    let ran = run(Command::new("find").arg(folder).args(["!", "-type", "d", "-printf", "/%P\n"]));
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn what_is_installed_is_uninstalled_but_for_edited_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let before = ["/etc/pam.d/sshd", "/etc/postern/postern.toml", "/var/lib/postern/postern.db"];
    for path in before {
        write(&root.join(&path[1..]), "auth required pam_unix.so\n");
    }
    assert_eq!(install_files(folder.path(), "install").code, 0);
    let installed = all_files(&root);
    for path in [
        "/usr/sbin/posternd",
        "/usr/lib/security/pam_postern.so",
        "/usr/share/man/man7/postern.7",
        "/usr/share/postern/examples/postern.toml",
        "/usr/share/postern/examples/pam/sshd",
        "/usr/lib/nagios/plugins/check_postern",
        "/etc/fail2ban/filter.d/postern.conf",
    ] {
        assert!(installed.iter().any(|file| file == path), "{path}: {installed:#?}");
    }
    let edited = root.join("etc/fail2ban/filter.d/postern.conf");
    write(&edited, "# edited");
    assert_eq!(install_files(folder.path(), "install").code, 0);
    assert_eq!(fs::read_to_string(&edited).unwrap(), "# edited");
    assert_eq!(install_files(folder.path(), "uninstall").code, 0);
    let mut left = all_files(&root);
    left.sort_unstable();
    assert_eq!(left, ["/etc/fail2ban/filter.d/postern.conf", before[0], before[1], before[2]]);
    assert!(!root.join("usr/share/postern").exists() && !root.join("usr/lib/postern").exists());
}

#[test]
fn the_pam_module_stays_while_a_stack_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    write(
        &root.join("etc/pam.d/sshd"),
        "# auth required pam_postern.so\nauth required pam_unix.so # no pam_postern.so\n",
    );
    assert_eq!(install_files(folder.path(), "install").code, 0);
    let stacks = [
        ("etc/pam.d/imap", "auth\trequired\tpam_postern.so\n", "etc/pam.d/imap"),
        (
            "etc/pam.d/sshd.dpkg-old",
            "auth required /usr/lib/security/pam_postern.so\n",
            "etc/pam.d/sshd.dpkg-old",
        ),
        ("usr/lib/pam.d/login", "-auth [success=1 default=ignore] pam_postern.so\n", "usr/lib/pam.d/login"),
        ("etc/pam.conf", "sshd auth required pam_postern.so\n", "etc/pam.conf"),
        ("etc/pam.d/su", "@include /srv/stacks/our\n", "srv/stacks/our"),
        ("etc/pam.d/su", "auth include /srv/stacks/our\n", "srv/stacks/our"),
        ("etc/pam.d/su", "auth substack /srv/stacks/first\n", "srv/stacks/our"),
    ];
    write(&root.join("srv/stacks/our"), "auth required pam_postern.so\n");
    write(&root.join("srv/stacks/first"), "auth include /srv/stacks/our\n");
    for (file, text, named) in stacks {
        write(&root.join(file), text);
        let ran = install_files(folder.path(), "uninstall");
        assert_eq!(ran.code, 1, "{file}: {ran:?}");
        assert!(
            ran.stderr.contains(&format!("  {}\n", root.join(named).display())),
            "{file}: {}",
            ran.stderr
        );
        assert!(
            root.join("usr/lib/security/pam_postern.so").exists() && root.join("usr/sbin/posternd").exists()
        );
        fs::remove_file(root.join(file)).unwrap();
    }
    assert_eq!(install_files(folder.path(), "uninstall").code, 0);
    assert!(!root.join("usr/lib/security/pam_postern.so").exists());
}

/// The plugin as root runs it for a monitoring system.
fn plugin(site: &Site, options: &[&str]) -> (i32, String) {
    let mut plugin = Command::new(tree("packaging/nagios/check_postern"));
    let programs = host::program("postern").parent().unwrap().display().to_string();
    plugin.env("PATH", programs).args(options).arg("-c").arg(site.config());
    let ran = run(&mut plugin);
    assert!(ran.stderr.is_empty() && ran.stdout.lines().count() == 1, "{ran:?}");
    (ran.code, ran.stdout)
}

#[test]
fn the_plugin_for_monitoring_answers_as_nagios_wants() {
    let site = Site::new("nagios");
    drop(site.account("alice"));
    let (code, line) = plugin(&site, &["-q"]);
    assert_eq!(code, 2, "{line}");
    assert!(line.starts_with("POSTERN CRITICAL - ") && line.contains("posternd.sock"), "{line}");
    let posternd = site.posternd();
    let login =
        site.checkpassword().args(&["/usr/lib/dovecot/checkpassword-reply"]).login("imap", "192.0.2.1");
    let ran = login.credentials("alice", "wrong").run();
    assert_eq!(ran.code, 1, "{ran:?}");
    let (code, line) = plugin(&site, &["-q"]);
    assert_eq!(code, 0, "{line}");
    assert!(line.starts_with("POSTERN OK - posternd answers | uptime="), "{line}");
    assert!(
        line.contains("s connections=")
            && line.contains(" accept=0c reject=1c defer=0c ignore=0c lines_lost=0c"),
        "{line}"
    );
    // As `postern check` has it, in one line.
    let check = site.check();
    let (code, line) = plugin(&site, &[]);
    assert_eq!(code, check.code, "{line}");
    let words = ["OK", "WARNING", "CRITICAL"];
    assert!(line.starts_with(&format!("POSTERN {} - ", words[usize::try_from(code).unwrap()])), "{line}");
    assert_eq!(line.matches('|').count(), 1, "{line}");
    site.edit_config(|text| text + "[nonsense]\n");
    posternd.hup();
    drop(posternd.logged(&["nonsense"]));
    let (code, line) = plugin(&site, &["-q"]);
    assert_eq!((code, line.contains("the configuration is broken")), (1, true), "{line}");
    drop(posternd);
    let (code, line) = plugin(&site, &["-q"]);
    assert_eq!(
        (code, line.starts_with("POSTERN UNKNOWN - ") && line.contains("nonsense")),
        (3, true),
        "{line}"
    );
    assert_eq!(plugin(&site, &["-x"]).0, 3);
}

const LIMIT: Duration = Duration::from_secs(60);
