//! The private test host: its users, its directories, and the programs that were built for it.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use nix::unistd::{Gid, Uid, User};

/// Stops unless this process is root of the private test host.
pub fn require_test_host() {
    assert!(
        std::env::var_os("POSTERN_TEST_HOST").is_some() && Uid::effective().is_root(),
        "this test needs the private test host: run `make test`, or `scripts/in-test-host` with this program's path"
    );
}

/// The directory that everyone may enter and that goes away with the test host.
#[must_use]
pub fn test_dir() -> PathBuf {
    require_test_host();
    PathBuf::from(std::env::var_os("POSTERN_TEST_DIR").expect("scripts/in-test-host sets POSTERN_TEST_DIR"))
}

/// The uid and gid of a user of the test host: `postern`, `dovecot`, `vmail`, `mallory`.
#[must_use]
pub fn ids(user: &str) -> (Uid, Gid) {
    match User::from_name(user) {
        Ok(Some(found)) => (found.uid, found.gid),
        Ok(None) if user.starts_with("dove") => panic!("no user {user} here: {}", apt_line("dovecot-imapd")),
        Ok(None) => panic!("no user {user} here; scripts/in-test-host makes postern, vmail and mallory"),
        Err(error) => panic!("cannot look up the user {user}: {error}"),
    }
}

/// Gives `path` an owner, a group and a mode.
pub fn own(path: &Path, (uid, gid): (Uid, Gid), mode: u32) {
    nix::unistd::chown(path, Some(uid), Some(gid))
        .unwrap_or_else(|error| panic!("chown {uid}:{gid} {}: {error}", path.display()));
    fs::set_permissions(path, Permissions::from_mode(mode))
        .unwrap_or_else(|error| panic!("chmod {mode:04o} {}: {error}", path.display()));
}

/// Makes the directory `path` with an owner and a mode.
pub fn make_dir(path: &Path, owner: (Uid, Gid), mode: u32) {
    fs::create_dir_all(path).unwrap_or_else(|error| panic!("mkdir {}: {error}", path.display()));
    own(path, owner, mode);
}

/// Where a test's logs go: `target/test-output/PROGRAM/NAME`, made here and emptied the first time that this process asks.
/// All of it is searched for secrets after the last test.
#[must_use]
pub fn output_dir(name: &str) -> PathBuf {
    static SEEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let plain = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let dir = output_root().join(running_program_name()).join(plain);
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.insert(dir.clone()) {
        fs::remove_dir_all(&dir).ok();
    }
    fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("mkdir {}: {error}", dir.display()));
    dir
}

/// The directory above every test's output.
#[must_use]
pub fn output_root() -> PathBuf {
    std::env::var_os("POSTERN_TEST_OUTPUT")
        .map_or_else(|| profile_dir().with_file_name("test-output"), PathBuf::from)
}

/// A program of ours, copied to where every user of the test host may run it.
///
/// `posternd` and `postern` come from beside the running test or from `POSTERN_BIN_DIR`; the static
/// `postern-checkpassword` from where `scripts/build` leaves it or from `POSTERN_CHECKPASSWORD`.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let built = if name == "postern-checkpassword" { built_checkpassword() } else { built_program(name) };
    assert!(built.is_file(), "{} is not built: run scripts/build", built.display());
    let shared = test_dir().join("bin");
    make_dir(&shared, (Uid::from_raw(0), Gid::from_raw(0)), 0o755);
    let copy = shared.join(name);
    if !copy.exists() {
        install(&built, &copy);
    }
    copy
}

/// A tool that the tests use and nothing installs, such as `scripts/fetch-axe` leaves in `target/tools`.
#[must_use]
pub fn tool(name: &str) -> PathBuf {
    profile_dir().with_file_name("tools").join(name)
}

/// The PAM module, copied to where root's programs load it from. `scripts/build` leaves it beside `posternd`.
#[must_use]
pub fn pam_module() -> PathBuf {
    program("pam_postern.so")
}

/// The Lua module, copied to where Dovecot's auth workers load it from. `scripts/build` leaves it beside `posternd`.
#[must_use]
pub fn lua_module() -> PathBuf {
    program("postern_lua.so")
}

/// A build of the PAM module that panics where its arguments say `panic`.
#[must_use]
pub fn panicking_pam_module() -> PathBuf {
    program("pam_postern-panic.so")
}

/// The C program that the PAM module's tests load it into, compiled once.
#[must_use]
pub fn pam_host() -> PathBuf {
    let options = ["-O1", "-g", "-rdynamic"];
    compile(&Path::new(env!("CARGO_MANIFEST_DIR")).join("pam/host.c"), "pam-host", &options, "pam")
}

/// The same with AddressSanitizer, which also finds what the module does wrong with memory of malloc, and what it leaks.
#[must_use]
pub fn pam_host_with_sanitizer() -> PathBuf {
    let options = ["-O1", "-g", "-rdynamic", "-fsanitize=address", "-fno-omit-frame-pointer"];
    compile(&Path::new(env!("CARGO_MANIFEST_DIR")).join("pam/host.c"), "pam-host-asan", &options, "pam")
}

/// Compiles a C program of `tests/bench` statically, once, to where every user of the test host may run it.
#[must_use]
pub fn c_program(name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench").join(format!("{name}.c"));
    compile(&source, name, &["-O2", "-static"], "c")
}

/// A library to be preloaded into programs that live at another time; see `tests/clock/shift.c`. Compiled once.
#[must_use]
pub fn clock_shift() -> PathBuf {
    let options = ["-O1", "-shared", "-fPIC"];
    compile(&Path::new(env!("CARGO_MANIFEST_DIR")).join("clock/shift.c"), "clock-shift.so", &options, "c")
}

/// A library to be preloaded into programs that are to die at a write to SQLite; see `tests/kill/at_write.c`. Compiled once.
#[must_use]
pub fn kill_at_write() -> PathBuf {
    let options = ["-O1", "-shared", "-fPIC"];
    compile(&Path::new(env!("CARGO_MANIFEST_DIR")).join("kill/at_write.c"), "kill-at-write.so", &options, "c")
}

fn compile(source: &Path, name: &str, options: &[&str], library: &str) -> PathBuf {
    let copy = test_dir().join("bin").join(name);
    if copy.exists() {
        return copy;
    }
    make_dir(&test_dir().join("bin"), (Uid::from_raw(0), Gid::from_raw(0)), 0o755);
    let made = tempfile::NamedTempFile::new().expect("a temporary file").into_temp_path();
    let done = Command::new("cc")
        .args(["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"])
        .args(options)
        .arg("-o")
        .arg(&made)
        .arg(source)
        .arg(format!("-l{library}"))
        .output()
        .unwrap_or_else(|error| panic!("cannot run cc: {error}. {}", apt_line("gcc libc6-dev")));
    assert!(
        done.status.success(),
        "cc {}: {}\nIf a library is missing: {}",
        source.display(),
        String::from_utf8_lossy(&done.stderr),
        apt_line("libc6-dev libpam0g-dev")
    );
    install(&made, &copy);
    copy
}

/// A program of the system, or a panic with the line that installs it.
#[must_use]
pub fn system_program(path: &str, package: &str) -> PathBuf {
    let program = PathBuf::from(path);
    assert!(program.is_file(), "{path} is missing: {}", apt_line(package));
    program
}

/// A Python with http_ece and py_vapid, from PyPI; `scripts/install-packages` makes it in `target/tools/web-push`.
#[must_use]
pub fn python_with_web_push() -> PathBuf {
    let tools = std::env::var_os("POSTERN_TOOLS")
        .map_or_else(|| output_root().with_file_name("tools"), PathBuf::from);
    let python = tools.join("web-push/bin/python3");
    assert!(python.is_file(), "{} is missing: run scripts/install-packages", python.display());
    python
}

/// A set-user-ID program of the system, if this host permits those.
#[must_use]
pub fn setuid_program(path: &str, package: &str) -> PathBuf {
    let program = system_program(path, package);
    let status = fs::read_to_string("/proc/self/status").expect("/proc/self/status");
    assert!(
        !status.contains("NoNewPrivs:\t1"),
        "{path} gives no rights here: a container that forbids new privileges; start it without no-new-privileges"
    );
    let found = fs::metadata(&program).expect("a program");
    assert!(
        (found.uid(), found.mode() & 0o4000) == (0, 0o4000),
        "{path} does not belong to root in here, or is not setuid; scripts/in-test-host sees to that"
    );
    program
}

/// A program of the system, copied to where no AppArmor profile knows it: those of Ubuntu keep servers in their own folders.
#[must_use]
pub fn unconfined_program(path: &str, package: &str) -> PathBuf {
    let original = system_program(path, package);
    let shared = test_dir().join("bin");
    make_dir(&shared, (Uid::from_raw(0), Gid::from_raw(0)), 0o755);
    let copy = shared.join(original.file_name().expect("a program's name"));
    if !copy.exists() {
        install(&original, &copy);
    }
    copy
}

fn apt_line(packages: &str) -> String {
    format!("run scripts/install-packages, or: apt-get install --no-install-recommends {packages}")
}

// Two tests may come here at once; a rename is never seen half done. The copy is another process's work: a descriptor
// that this one holds for writing is inherited by a program that another thread is about to start, and as long as a process
// holds one, Linux does not run the program ("text file busy").
fn install(from: &Path, to: &Path) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let draft = to.with_file_name(format!(".draft.{}.{number}", std::process::id()));
    let done = Command::new("/bin/cp").arg(from).arg(&draft).output();
    let done = done.unwrap_or_else(|error| panic!("cannot run cp: {error}"));
    assert!(
        done.status.success(),
        "copy {} to {}: {}",
        from.display(),
        to.display(),
        String::from_utf8_lossy(&done.stderr)
    );
    own(&draft, (Uid::from_raw(0), Gid::from_raw(0)), 0o755);
    fs::rename(&draft, to).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
}

fn built_program(name: &str) -> PathBuf {
    std::env::var_os("POSTERN_BIN_DIR").map_or_else(profile_dir, PathBuf::from).join(name)
}

fn built_checkpassword() -> PathBuf {
    std::env::var_os("POSTERN_CHECKPASSWORD")
        .map_or_else(|| profile_dir().with_file_name("static").join("postern-checkpassword"), PathBuf::from)
}

// target/debug or target/release, wherever cargo put the running test or program.
fn profile_dir() -> PathBuf {
    let running = running_program();
    let dir = running.parent().expect("its directory");
    if dir.ends_with("deps") { dir.parent().expect("its parent").to_owned() } else { dir.to_owned() }
}

/// The name of the running test program, without the dash and the hash that cargo appends.
pub(crate) fn running_program_name() -> String {
    let running = running_program();
    let program = running.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match program.rsplit_once('-') {
        Some((test, hash)) if hash.len() == 16 => test.to_owned(),
        _ => program,
    }
}

fn running_program() -> PathBuf {
    std::env::current_exe().expect("the running program's path")
}
