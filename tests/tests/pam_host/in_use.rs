//! What keeps the package of the module from being removed: `packaging/pam-in-use`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use postern_tests::{Ran, host};

/// Runs it for a host whose only stack is this one. `/opt/stack` names the module.
fn in_use(file: &str, stack: &str) -> Ran {
    let root = tempfile::tempdir_in(host::test_dir()).unwrap();
    for folder in ["etc/pam.d", "usr/lib/pam.d", "opt"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    fs::write(root.path().join("opt/stack"), "auth required pam_postern.so\n").unwrap();
    fs::write(root.path().join(file), stack).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/pam-in-use");
    Ran::of(Command::new("/bin/sh").arg(script).env("ROOT", root.path()), b"", Duration::from_secs(20))
}

#[test]
fn a_stack_that_names_the_module_in_any_way_is_found() {
    for stack in [
        "auth required pam_postern.so",
        "auth [success=1 default=ignore] pam_postern.so debug\n",
        "auth required \\\npam_postern.so\n",
        "auth required pam_post\\\nern.so\n",
        "auth include /opt/stack\n",
        "auth include ../../opt/stack\n",
        "auth \\\n include \\\n  /opt/stack\n",
        "-auth SUBSTACK ../../opt/stack\n",
        "@include ../../opt/stack\n",
    ] {
        let ran = in_use("etc/pam.d/sshd", stack);
        assert!(ran.code == 1 && ran.stderr.contains("pam_postern.so is in use"), "{stack}: {ran:?}");
    }
    assert_eq!(in_use("etc/pam.conf", "sshd auth include ../../opt/stack\n").code, 1);
}

#[test]
fn a_host_without_the_module_in_its_stacks_may_lose_it() {
    for stack in [
        "auth required pam_unix.so\n",
        "#auth required pam_postern.so\n",
        "auth required pam_unix.so # pam_postern.so\n",
        "#auth include ../../opt/stack\n",
        "auth include common-auth\n",
    ] {
        let ran = in_use("etc/pam.d/sshd", stack);
        assert!(ran.code == 0 && ran.stderr.is_empty(), "{stack}: {ran:?}");
    }
}
