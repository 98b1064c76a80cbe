use std::process::Command;

use postern_tests::host;

fn output(program: &str, package: &str, arguments: &[&str]) -> String {
    let module = host::pam_module();
    let mut command = Command::new(host::system_program(program, package));
    let output = command.args(arguments).arg(module).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn six_symbols_are_exported_and_no_more() {
    let listed = output("/usr/bin/nm", "binutils", &["-D", "--defined-only"]);
    let mut names: Vec<&str> = listed.lines().filter_map(|line| line.split(' ').next_back()).collect();
    names.sort_unstable();
    let hooks = ["acct_mgmt", "authenticate", "chauthtok", "close_session", "open_session", "setcred"];
    assert_eq!(names, hooks.map(|hook| format!("pam_sm_{hook}")));
}

#[test]
fn it_needs_nothing_but_libc_libgcc_and_libpam_and_stays_once_it_is_loaded() {
    let listed = output("/usr/bin/readelf", "binutils", &["-d", "-W"]);
    let mut needed: Vec<&str> = listed
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| line.split_once('[')?.1.split_once(']').map(|(name, _)| name))
        // The loader is a part of libc.
        .filter(|name| !name.starts_with("ld-linux"))
        .collect();
    needed.sort_unstable();
    assert_eq!(needed, ["libc.so.6", "libgcc_s.so.1", "libpam.so.0"]);
    assert!(listed.contains("NODELETE"), "{listed}");
}
