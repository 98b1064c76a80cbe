use postern_tests::{PamHost, PamReport, host};

use crate::{alice, pam, site, usual};

/// Runs it, and panics where descriptors or memory are not as they were. The first rounds, which fill libpam's and libc's
/// caches, are not counted, and malloc keeps none by thread, which it would count as given out.
#[track_caller]
fn flat(host: PamHost, rounds: u32) -> PamReport {
    let host = host.word("warmup", "100").word("rounds", rounds.to_string());
    let report = host.env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0").run().lived();
    assert_eq!(report.descriptors.0, report.descriptors.1);
    let grown = report.heap.1.saturating_sub(report.heap.0);
    assert!(grown < 512, "{grown} bytes more after {rounds} rounds: {report:?}");
    report
}

#[test]
fn ten_thousand_logins_leave_descriptors_and_memory_as_they_were() {
    let site = site("many", "");
    let _fake = usual(&site);
    // Each on a handle of its own, so that the module is loaded and unloaded as often.
    let host = alice(&site).types("hunter2").types("123456").calls(&["auth", "cred"]);
    let report = flat(host, 10_000);
    for call in ["auth", "cred"] {
        assert_eq!(report.codes[call], [(pam::SUCCESS, 10_000)].into(), "{call}");
    }
    println!("10,000 logins: {:?}, {} bytes before, {} after", report.took, report.heap.0, report.heap.1);
}

#[test]
fn refused_and_broken_logins_leave_nothing_either() {
    let site = site("many-bad", "");
    let fake = usual(&site);
    let ways =
        [&["text:hunter2", "text:1"][..], &["big:100000"], &["null"], &["text:hunter2", "text:hunter2"]];
    for answers in ways {
        let host = answers.iter().fold(alice(&site), |host, answer| host.word("answer", answer));
        assert_ne!(flat(host.calls(&["auth"]), 500).answer("auth"), pam::SUCCESS, "{answers:?}");
    }
    drop(fake);
    let report = flat(alice(&site).calls(&["auth", "acct"]), 500);
    assert_eq!(report.answer("auth"), pam::AUTHINFO_UNAVAIL);
}

#[test]
fn thirty_two_threads_log_in_side_by_side() {
    let site = site("threads", "");
    let _fake = usual(&site);
    // Threads end after the module was unloaded: their thread-local destructors must still find its code.
    let host = alice(&site).types("hunter2").types("123456").calls(&["auth", "acct", "cred"]);
    let report = host.word("threads", "32").word("rounds", "20").run().lived();
    for call in ["auth", "acct", "cred"] {
        assert_eq!(report.codes[call], [(pam::SUCCESS, 640)].into(), "{call}");
    }
    assert_eq!(report.descriptors.0, report.descriptors.1);
}

#[test]
fn thirty_two_threads_outlive_a_daemon_that_is_not_there() {
    let site = site("threads-alone", "");
    let report = alice(&site).calls(&["auth"]).word("threads", "32").word("rounds", "20").run().lived();
    assert_eq!(report.codes["auth"], [(pam::AUTHINFO_UNAVAIL, 640)].into());
}

#[test]
fn a_new_version_may_take_the_place_of_the_module_while_hosts_run() {
    let site = site("upgrade", "");
    let (module, next) = (site.dir().join("pam_postern.so"), site.dir().join("next.so"));
    std::fs::copy(host::pam_module(), &module).unwrap();
    std::fs::copy(host::pam_module(), &next).unwrap();
    site.service_with("test", &module, "", "");
    let _fake = usual(&site);
    let host = alice(&site).types("hunter2").types("123456").calls(&["auth", "acct", "cred"]);
    let host = host.word("threads", "4").word("rounds", "50");
    let report = host.word("swap", format!("{}:{}", next.display(), module.display())).run().lived();
    assert_eq!(report.codes["auth"], [(pam::SUCCESS, 200)].into());
    assert!(!next.exists(), "it was renamed in the middle");
}
