//! The files of /etc/pam.d, as `postern check` explores them. A line `---` separates three: sshd, common-auth and other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_pam_stack::{
    Assumptions, Control, Files, ManagementGroup, can_succeed, explore, flatten, included_files, parse_file,
};

fuzz_target!(|text: &str| {
    let mut texts = text.splitn(3, "\n---\n");
    let files: Files = ["sshd", "common-auth", "other"]
        .map(|name| (name.to_owned(), texts.next().unwrap_or_default().to_owned()))
        .into();
    for text in files.values() {
        assert!(parse_file(text).all(|(number, _)| (1..=text.lines().count()).contains(&number)));
        let _control = Control::parse(text);
    }
    assert!(included_files(&files).len() <= text.len() + 3);
    for group in [ManagementGroup::Auth, ManagementGroup::Account] {
        let steps = flatten(&files, "sshd", group);
        let found = explore(&steps, Assumptions::without_postern(group));
        let bypasses = found.ways_in.iter().filter_map(|way| way.bypass).map(|bypass| bypass.step);
        assert!(bypasses.chain(found.asked_after_failure).all(|step| step < steps.len()));
        if group == ManagementGroup::Auth && files.contains_key("sshd") {
            assert_eq!(can_succeed(&files, "sshd"), !found.ways_in.is_empty());
        }
    }
});
