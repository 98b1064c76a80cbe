//! The units of systemd, and what they have to make.

use std::fs;
use std::path::Path;
use std::process::Command;

use postern_tests::{CHECK_FAILED, Site, host};

fn unit(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd");
    fs::read_to_string(folder.join(name)).unwrap()
}

fn value<'a>(unit: &'a str, key: &str) -> Option<&'a str> {
    let mut lines = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    lines.next()
}

/// posternd.socket makes the folder of the socket for root where nothing has made it before (systemd.socket(5), DirectoryMode=),
/// and posternd has to write beside it.
#[test]
fn posternd_service_makes_the_folder_of_its_socket_its_own_and_leaves_it_there() {
    let (service, socket) = (unit("posternd.service"), unit("posternd.socket"));
    let folder = value(&socket, "ListenStream").and_then(|path| Path::new(path).parent()).unwrap();
    let made = Path::new("/run").join(value(&service, "RuntimeDirectory").unwrap());
    assert_eq!(made, folder);
    assert_eq!(value(&service, "User"), Some("postern"));
    assert_eq!(value(&service, "RuntimeDirectoryMode"), value(&socket, "DirectoryMode"));
    // What was spent must be known after a restart of the service, and the socket outlives it.
    assert_eq!(value(&service, "RuntimeDirectoryPreserve"), Some("yes"));
}

/// What check says of the ledger, and that it ends so.
fn failure_of_ledger(site: &Site) -> Option<String> {
    let ran = site.check();
    let of = |start: &str| ran.stdout.lines().find(|line| line.starts_with(start)).map(str::to_owned);
    let failure = of("FAIL  ledger: ");
    assert!(failure.is_none() || ran.code == CHECK_FAILED, "{ran:?}");
    assert_eq!(of("ok    ledger: ").is_some(), failure.is_none(), "{ran:?}");
    failure
}

/// The state after older guides: all folders were created by root.
#[test]
fn a_socket_folder_owned_by_root_is_a_failure_with_the_command_that_fixes_it() {
    let site = Site::new("units");
    let _posternd = site.posternd();
    let socket = site.socket();
    let folder = socket.parent().unwrap();
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_string_lossy().contains(".spent") {
            fs::remove_file(file.path()).unwrap();
        }
    }
    host::own(folder, (nix::unistd::Uid::from_raw(0), nix::unistd::Gid::from_raw(0)), 0o755);
    let line = failure_of_ledger(&site).expect("a failure");
    assert!(line.contains("so none is taken") && line.contains("postern.db.spent"), "{line}");
    let remedy = line.split("fix it with: ").nth(1).expect("a command");
    assert!(remedy.ends_with(&folder.display().to_string()), "{remedy}");
    assert!(Command::new("sh").args(["-c", remedy]).status().unwrap().success());
    assert_eq!(failure_of_ledger(&site), None);
}

/// A small file system for the database, without room from some moment on.
struct SmallDisk<'a> {
    folder: &'a Path,
}

impl<'a> SmallDisk<'a> {
    fn under(database: &'a Path) -> Self {
        let folder = database.parent().unwrap();
        let copy = tempfile::tempdir().unwrap();
        let run = |program: &str, arguments: &[&str]| {
            assert!(Command::new(program).args(arguments).status().unwrap().success(), "{program}");
        };
        let (from, to) = (format!("{}/.", folder.display()), copy.path().display().to_string());
        run("cp", &["-a", &from, &to]);
        run("mount", &["-t", "tmpfs", "-o", "size=4m", "none", &folder.display().to_string()]);
        run("cp", &["-a", &format!("{to}/."), &folder.display().to_string()]);
        Self { folder }
    }

    fn fill(&self) {
        let mut file = fs::File::create(self.folder.join("filler")).unwrap();
        let page = [0; 4096];
        while std::io::Write::write_all(&mut file, &page).is_ok() {}
    }

    fn empty(&self) {
        fs::remove_file(self.folder.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.folder).status());
    }
}

#[test]
fn a_full_disk_is_a_failure_and_asking_leaves_no_trace() {
    let site = Site::new("full_disk");
    drop(site.account("alice"));
    let database = site.database();
    let disk = SmallDisk::under(&database);
    let posternd = site.posternd();
    assert_eq!(failure_of_ledger(&site), None);
    disk.fill();
    let line = failure_of_ledger(&site).expect("a failure");
    assert!(line.contains("cannot be written to") && line.contains("make room"), "{line}");
    disk.empty();
    assert_eq!(failure_of_ledger(&site), None);
    drop(posternd);
    let rows = rusqlite::Connection::open(&database).unwrap();
    let rows: i64 = rows.query_row("SELECT count(*) FROM claim", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}
