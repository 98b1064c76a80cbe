use std::path::Path;

use postern_core::config::Config;

use super::*;

fn services(extra: &str) -> BTreeMap<String, Service> {
    let text = format!("[directory]\nkind = \"embedded\"\n[ledger]\nkind = \"embedded\"\n{extra}");
    Config::parse(Path::new("p"), &text).unwrap().services
}

/// What is said about the stack of one service, with Debian's common files beside it.
fn said(service: &str, stack: &str, extra: &str) -> Vec<String> {
    let files: Files = [
        (service, stack),
        ("common-auth", COMMON_AUTH),
        ("common-account", COMMON_ACCOUNT),
        ("password-auth", PASSWORD_AUTH),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    let examined = examine(&files, &services(extra), |_| false);
    examined.remarks.iter().map(ToString::to_string).collect()
}

fn one(service: &str, stack: &str, extra: &str, words: &[&str]) {
    let said = said(service, stack, extra);
    assert_eq!(said.len(), 1, "{stack}\n{said:#?}");
    assert!(words.iter().all(|word| said[0].contains(word)), "{words:?} in {said:?}");
}

const ACCOUNT: &str = "account required pam_postern.so\n@include common-account\n";
const STACK: &str = "[services.sshd]\nfirst = \"stack\"\n";
const NONE: [&str; 0] = [];

#[test]
fn stacks_as_they_should_be_say_nothing() {
    let hard = "auth [success=done ignore=ignore default=die] pam_postern.so\n@include common-auth\n";
    for (service, stack, extra) in [
        ("sshd", format!("auth required pam_postern.so\n{ACCOUNT}"), ""),
        ("sshd", format!("auth requisite pam_nologin.so\nauth required pam_postern.so\n{ACCOUNT}"), ""),
        ("sshd", format!("@include common-auth\nauth required pam_postern.so\n{ACCOUNT}"), STACK),
        ("sshd", format!("auth requisite pam_ldap.so\nauth required pam_postern.so\n{ACCOUNT}"), STACK),
        ("sudo", format!("{hard}@include common-account\n"), ""),
        (
            "sudo",
            "auth required pam_postern.so\n@include common-auth\n@include common-account\n".to_owned(),
            "",
        ),
        ("su", format!("auth sufficient pam_rootok.so\n{hard}@include common-account\n"), ""),
        // Stacks that do not ask Postern.
        ("sudo", "@include common-auth\n".to_owned(), ""),
        ("gdm", "auth sufficient pam_permit.so\n".to_owned(), ""),
    ] {
        assert_eq!(said(service, &stack, extra), NONE, "{stack}");
    }
}

#[test]
fn a_way_in_an_outage_where_strangers_are_refused_is_named() {
    for argument in ["local_group=wheel", "uid_min=1000"] {
        let stack = format!("auth required pam_postern.so {argument}\n{ACCOUNT}");
        one("sshd", &stack, "", &["warn", "local_group or uid_min", "not_in_directory"]);
        assert_eq!(
            said("sshd", &stack, "[services.sshd]\nnot_in_directory = \"ignore\"\n")
                .iter()
                .filter(|said| said.contains("uid_min"))
                .count(),
            0
        );
    }
}

#[test]
fn the_stacks_that_are_shipped_say_nothing() {
    let password = "[services.sshd]\nnot_in_directory = \"ignore\"\n";
    let key = "[services.sshd]\nfirst = \"stack\"\nnot_in_directory = \"ignore\"\n";
    for (service, stack, extra, is_after_a_key) in [
        ("sshd", include_str!("../../../../../packaging/pam/sshd"), password, false),
        ("sshd", include_str!("../../../../../packaging/pam/sshd-key"), key, true),
        ("sudo", include_str!("../../../../../packaging/pam/sudo"), "", false),
        ("sudo-i", include_str!("../../../../../packaging/pam/sudo-i"), "", false),
        ("su", include_str!("../../../../../packaging/pam/su"), "", false),
        ("su-l", include_str!("../../../../../packaging/pam/su-l"), "", false),
        ("login", include_str!("../../../../../packaging/pam/login"), "", false),
    ] {
        let files: Files =
            [(service, stack), ("common-auth", COMMON_AUTH), ("common-account", COMMON_ACCOUNT)]
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .into();
        let examined = examine(&files, &services(extra), |_| is_after_a_key);
        assert_eq!(examined.asking, BTreeSet::from([service.to_owned()]));
        assert_eq!(examined.remarks, [], "{service}");
        // For a roll-out a line is taken in that needs the key before it.
        if is_after_a_key {
            assert!(!examine(&files, &services(extra), |_| false).remarks.is_empty());
            let files =
                files.into_iter().map(|(name, text)| (name, text.replace("\n#auth ", "\nauth "))).collect();
            assert_eq!(examine(&files, &services(extra), |_| true).remarks, []);
        }
    }
}

#[test]
fn a_sufficient_line_before_postern_bypasses_it() {
    let words = ["FAIL", "pam_unix.so", "sufficient", "sshd:1"];
    one("sshd", &format!("auth sufficient pam_unix.so\nauth required pam_postern.so\n{ACCOUNT}"), "", &words);
    // As a jump over it.
    one(
        "sshd",
        &format!(
            "auth [success=1 default=ignore] pam_ldap.so\nauth required pam_postern.so\nauth required pam_permit.so\n{ACCOUNT}"
        ),
        "",
        &["FAIL", "pam_ldap.so", "sshd:1"],
    );
    // In a file that is included, of Red Hat's kind; in a substack it only ends that.
    let included = format!("auth include password-auth\nauth required pam_postern.so\n{ACCOUNT}");
    let found = said("sshd", &included, "");
    assert!(found.len() == 2 && found.iter().all(|line| line.starts_with("FAIL")), "{found:?}");
    assert!(found[0].contains("password-auth:2: pam_unix.so"), "{found:?}");
    assert!(found[1].contains("password-auth:4: pam_sss.so"), "{found:?}");
    let substack = format!("auth substack password-auth\nauth required pam_postern.so\n{ACCOUNT}");
    assert_eq!(said("sshd", &substack, ""), NONE);
    // For some alone.
    one(
        "sshd",
        &format!(
            "auth sufficient pam_succeed_if.so user ingroup staff\nauth required pam_postern.so\n{ACCOUNT}"
        ),
        "",
        &["warn", "pam_succeed_if.so"],
    );
}

#[test]
fn a_no_that_does_not_count_is_named() {
    let after = "@include common-auth\n";
    for control in ["sufficient", "optional", "[success=done default=ignore]"] {
        let stack = format!("auth {control} pam_postern.so\n{after}{ACCOUNT}");
        one("sshd", &stack, "", &["FAIL", "says no", "sshd:1"]);
    }
    let down = format!(
        "auth [success=done ignore=ignore authinfo_unavail=ignore default=die] pam_postern.so\n{after}{ACCOUNT}"
    );
    one("sshd", &down, "", &["FAIL", "does not answer", "sshd:1"]);
    // Where nothing but a refusal follows it does count.
    let denied = format!("auth sufficient pam_postern.so\nauth required pam_deny.so\n{ACCOUNT}");
    assert_eq!(said("sshd", &denied, ""), NONE);
}

#[test]
fn a_first_factor_that_may_be_missing_is_named() {
    for (before, word) in [
        ("auth required pam_ldap.so\n", "pam_ldap.so"),
        ("auth [success=ok default=bad] pam_ldap.so\n", "pam_ldap.so"),
        ("auth substack password-auth\n", "pam_deny.so"),
    ] {
        let stack = format!("{before}auth required pam_postern.so\n{ACCOUNT}");
        one("sshd", &stack, STACK, &["FAIL", word, "requisite"]);
        assert_eq!(said("sshd", &stack, ""), NONE, "where Postern asks for the password itself");
    }
    for before in ["", "auth optional pam_ldap.so\n", "auth required pam_env.so\n"] {
        let stack = format!("{before}auth required pam_postern.so\n{ACCOUNT}");
        let found = said("sshd", &stack, STACK);
        assert!(found[0].starts_with("FAIL") && found[0].contains("a code alone"), "{found:?}");
    }
}

#[test]
fn users_that_postern_ignores_need_another_module_that_asks() {
    let stack = "auth required pam_postern.so\nauth required pam_permit.so\n@include common-account\n";
    one("sudo", stack, "", &["FAIL", "without any password"]);
    let extra = "[services.sudo]\nnot_in_directory = \"reject\"\n";
    assert_eq!(said("sudo", stack, extra), NONE);
}

#[test]
fn the_account_section_is_needed_where_it_is_enforced() {
    one("sshd", "auth required pam_postern.so\n@include common-account\n", "", &["FAIL", "account section"]);
    let ignored = "[services.sshd]\naccount = \"ignore\"\n";
    assert_eq!(said("sshd", "auth required pam_postern.so\n@include common-account\n", ignored), NONE);
    one(
        "sshd",
        "auth required pam_postern.so\naccount sufficient pam_unix.so\naccount required pam_postern.so\n",
        "",
        &["FAIL", "(account)", "pam_unix.so", "sshd:2"],
    );
    one(
        "sshd",
        "auth required pam_postern.so\naccount sufficient pam_localuser.so\naccount required pam_postern.so\n",
        "",
        &["warn", "pam_localuser.so"],
    );
    one(
        "sshd",
        "auth required pam_postern.so\naccount optional pam_postern.so\n@include common-account\n",
        "",
        &["FAIL", "(account)", "says no"],
    );
    // pam_unix ends Debian's stack for a user who has to change the password.
    let behind = "auth required pam_postern.so\n@include common-account\naccount required pam_postern.so\n";
    one("sshd", behind, "", &["warn", "common-account:1", "has to be changed"]);
}

#[test]
fn an_unconfigured_service_is_named() {
    one("gdm-password", "auth required pam_postern.so\n", "", &["FAIL", "[services.gdm-password]"]);
    one("gdm-password", "auth required pam_postern.so service=desk\n", "", &["FAIL", "[services.desk]"]);
    let stack = format!("auth required pam_postern.so service=sshd\n{ACCOUNT}");
    assert_eq!(said("gdm-password", &stack, ""), NONE);
    assert_eq!(said("imap", "auth sufficient pam_postern.so\n", ""), NONE, "a mail service");
}

/// What is said about these files, with Debian's common ones beside them where they are not among them.
fn said_of(files: &[(&str, &str)], extra: &str) -> Vec<String> {
    let mut all: Files =
        [("common-auth", COMMON_AUTH), ("common-account", COMMON_ACCOUNT)].into_iter().map(owned).collect();
    all.extend(files.iter().copied().map(owned));
    examine(&all, &services(extra), |_| false).remarks.iter().map(ToString::to_string).collect()
}

fn owned((name, text): (&str, &str)) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[track_caller]
fn one_of(files: &[(&str, &str)], extra: &str, words: &[&str]) {
    let said = said_of(files, extra);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(words.iter().all(|word| said[0].contains(word)), "{words:?} in {said:?}");
}

#[test]
fn another_name_of_a_program_that_asks_is_a_way_past_it() {
    let (sudo, su) =
        (include_str!("../../../../../packaging/pam/sudo"), include_str!("../../../../../packaging/pam/su"));
    // Debian's own.
    let (plain, su_l) = ("@include common-auth\n", "auth include su\naccount include su\n");
    one_of(&[("sudo", sudo), ("sudo-i", plain)], "", &["FAIL", "sudo-i", "`sudo -i`", "examples/pam/sudo-i"]);
    one_of(&[("sudo", plain), ("sudo-i", sudo)], "", &["FAIL", "sudo:", "sudo-i does"]);
    one_of(&[("sudo", sudo), ("other", plain)], "", &["FAIL", "sudo-i: has no file", "other"]);
    one_of(&[("su", su), ("su-l", plain)], "", &["FAIL", "su-l", "`su -`"]);
    one_of(&[("login", su), ("remote", plain)], "", &["FAIL", "remote", "telnet"]);
    let inner = SSHD.replace("pam_postern.so", "pam_postern.so service=sshd");
    one_of(&[("sshd", plain), ("sshd-internal", &inner)], "", &["warn", "sshd:", "service=sshd"]);
    one_of(&[("sshd", SSHD), ("ssh", plain)], "", &["warn", "ssh:"]);
    one_of(&[("sshd", SSHD), ("sshd-internal", plain)], "", &["warn", "sshd-internal", "service=sshd"]);
    one_of(
        &[("sudo", sudo), ("polkit-1", plain)],
        "",
        &["warn", "polkit-1", "pkexec", "[services.polkit-1]"],
    );
    let denied = "auth required pam_deny.so\n";
    for files in [
        &[("sudo", sudo), ("sudo-i", sudo)][..],
        &[("sudo", sudo), ("sudo-i", denied)],
        &[("sudo", sudo), ("other", denied)],
        &[("su", su), ("su-l", su_l)],
        &[("su", su), ("su-l", "auth sufficient pam_rootok.so\nauth required pam_deny.so\n")],
        &[("sudo", plain), ("sudo-i", plain), ("polkit-1", plain), ("su", plain)],
        &[("login", su), ("other", plain)],
        &[("sshd", SSHD), ("sshd.bak", plain), ("sshd-internal", denied)],
    ] {
        assert_eq!(said_of(files, ""), NONE, "{files:?}");
    }
}

#[test]
fn the_module_does_not_belong_in_files_that_every_service_includes() {
    let (auth, account) =
        (format!("auth required pam_postern.so\n{COMMON_AUTH}"), "account required pam_postern.so\n");
    let plain = "@include common-auth\n@include common-account\n";
    let files = [
        ("common-auth", auth.as_str()),
        ("common-account", account),
        ("cron", plain),
        ("chsh", plain),
        ("login", plain),
    ];
    let said = said_of(&files, "");
    assert_eq!(said.len(), 2, "{said:#?}");
    for (line, file) in said.iter().zip(["common-account:", "common-auth:"]) {
        assert!(line.starts_with("FAIL") && line.contains(file) && line.contains("chsh, cron"), "{line}");
        assert!(line.contains("take it out of common-") && !line.contains("add [services."), "{line}");
    }
    // Also where only those include it that are configured: others will.
    let files = [("common-auth", auth.as_str()), ("login", "@include common-auth\n")];
    one_of(&files, "", &["FAIL", "common-auth", "take it out"]);
    // A file of the admin's own for some services is theirs.
    let mine = [
        ("postern-auth", "auth required pam_postern.so\n"),
        ("login", "@include postern-auth\n@include common-auth\n"),
    ];
    assert_eq!(said_of(&mine, ""), NONE);
    // Nor does other advice send the reader there.
    for line in said_of(
        &[
            ("common-auth", "auth sufficient pam_unix.so\n"),
            ("sshd", &format!("@include common-auth\n{SSHD}")),
        ],
        "",
    ) {
        assert!(line.contains("before the line of sshd that includes common-auth"), "{line}");
    }
}

#[test]
fn services_without_a_user_are_told_to_leave_the_module_out() {
    for service in ["cron", "atd", "systemd-user", "runuser", "chsh", "passwd", "gdm-autologin"] {
        let said = said(service, "auth required pam_postern.so\naccount required pam_postern.so\n", "");
        assert!(said.len() == 1 && said[0].contains("take pam_postern.so out"), "{said:?}");
        assert!(!said[0].contains("add ["), "{said:?}");
    }
    let configured = "[services.cron]\nclass = \"login\"\naccount = \"ignore\"\n";
    one("cron", "auth required pam_postern.so\n", configured, &["FAIL", "cron", "no person there"]);
    one("polkit-1", "auth required pam_postern.so\n", "", &["[services.polkit-1]", "first = \"auto\""]);
}

#[test]
fn a_stack_that_does_not_fit_first_is_named() {
    let shipped = include_str!("../../../../../packaging/pam/sudo");
    let directory = "[services.sudo]\nfirst = \"directory\"\n";
    one("sudo", shipped, directory, &["warn", "sudo", "[services.sudo] first = \"directory\"", "\"auto\""]);
    let stack = "[services.sudo]\nfirst = \"stack\"\n";
    assert_eq!(said("sudo", shipped, stack), NONE);
    let alone = "auth required pam_postern.so\n@include common-account\n";
    one("sudo", alone, stack, &["FAIL", "a code alone"]);
    let optional = "auth optional pam_ldap.so\nauth required pam_postern.so try_first_pass\n";
    assert!(said("sudo", optional, "").iter().any(|line| line.contains("a code alone")));
    assert_eq!(said("sudo", &optional.replace(" try_first_pass", ""), directory), NONE);
}

#[test]
fn an_included_file_is_no_service_of_its_own() {
    let files: Files =
        [("sudo", "@include common-auth\n"), ("common-auth", "auth required pam_postern.so\n")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into();
    let examined = examine(&files, &services(""), |_| false);
    assert_eq!(examined.asking, BTreeSet::from(["sudo".to_owned()]));
}

const SSHD: &str = "auth required pam_postern.so\naccount required pam_postern.so\n@include common-account\n";
const COMMON_AUTH: &str = "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\nauth optional pam_cap.so\n";
const COMMON_ACCOUNT: &str = "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\naccount required pam_permit.so\n";
const PASSWORD_AUTH: &str = "auth required pam_env.so\nauth sufficient pam_unix.so nullok\nauth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\nauth sufficient pam_sss.so forward_pass\nauth required pam_deny.so\n";
