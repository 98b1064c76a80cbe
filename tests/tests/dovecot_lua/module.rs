//! The Lua module by itself, in a Lua that is not Dovecot's.

use std::process::Command;
use std::time::Duration;

use postern_tests::{Ran, Site, host};

fn lua(script: &str) -> Ran {
    let mut command = Command::new(host::system_program("/usr/bin/lua5.4", "lua5.4"));
    let path = host::lua_module().display().to_string();
    let load = format!("converse = assert(package.loadlib('{path}', 'postern_converse'))\n");
    Ran::of(command.args(["-e", &(load + script)]).current_dir("/"), b"", Duration::from_secs(20))
}

#[test]
fn arguments_that_are_not_those_of_the_script_are_an_outage() {
    let site = Site::new("lua-module");
    let _posternd = site.posternd();
    drop(site.account("anna"));
    let app = site.app_password("anna", "Phone", &[]).password;
    let config = site.client_config().display().to_string();
    let ran = lua(&format!(
        "local function ask(...) local kind, text, fields = converse(...); print(kind, text, fields.uid) end\n\
         ask('login', 'imap', 'anna', '{app}', '127.0.0.1', nil, nil, 'TLS', nil, '{config}')\n\
         ask('lookup', 'lmtp', 'anna', nil, nil, nil, nil, nil, nil, '{config}')\n\
         ask('lookup', 'lmtp', 'nobody-here', nil, nil, nil, nil, nil, nil, '{config}')\n\
         ask('lookup', 'lmtp', string.rep('a', 600), nil, nil, nil, nil, nil, nil, '{config}')\n\
         ask('lookup', 'lmtp', 'an\\xffna', nil, nil, nil, nil, nil, nil, '{config}')\n\
         ask('lookup', 'lmtp', '', nil, nil, nil, nil, nil, nil, '{config}')\n\
         ask('login', 'imap', 'anna', 'wrong', nil, nil, nil, nil, nil, '{config}')\n\
         ask('login', 'imap', 'an\\xffna', 'wrong', nil, nil, nil, nil, nil, '{config}')\n\
         ask('login', 'imap', 'anna', 42, nil, nil, nil, nil, nil, '{config}')\n\
         ask('account', 'imap', 'anna', 'x', nil, nil, nil, nil, nil, '{config}')\n\
         ask('login', 'imap', 'anna', string.rep('x', 100000), nil, nil, nil, nil, nil, '{config}')\n\
         ask()\n"
    ));
    let kinds: Vec<&str> = ran.stdout.lines().filter_map(|line| line.split('\t').next()).collect();
    let expected = [
        "accept", "accept", "unknown", "unknown", "unknown", "unknown", "reject", "reject", "defer", "defer",
        "reject", "defer",
    ];
    assert_eq!(kinds, expected, "{ran:?}");
    assert!(ran.stdout.lines().take(2).all(|line| !line.ends_with("nil")), "uid: {ran:?}");
}

#[test]
fn it_needs_the_c_library_and_nothing_else_and_stays_loaded() {
    let mut command = Command::new(host::system_program("/usr/bin/readelf", "binutils"));
    let ran = Ran::of(command.arg("-d").arg(host::lua_module()), b"", Duration::from_secs(20));
    let needed: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("(NEEDED)")).collect();
    let known = ["[libc.so.", "[libgcc_s.so.", "[ld-linux"];
    assert!(needed.iter().all(|line| known.iter().any(|name| line.contains(name))), "{needed:?}");
    assert!(ran.stdout.contains("NODELETE"), "{}", ran.stdout);
}
