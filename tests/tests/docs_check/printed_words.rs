//! Words that programs print are in the documents that explain them.

use postern_ipc::RejectReason;

use crate::document::named;

#[test]
fn the_protocol_lists_every_reason_of_a_refusal_and_no_other() {
    let protocol = named("docs/protocol.md");
    let row =
        protocol.text.lines().find(|line| line.contains("{\"reject\":")).expect("the row about refusals");
    let (_, list) = row.split_once("for the log: `").expect("the list of reasons");
    let written: Vec<&str> = list.split('`').next().unwrap_or_default().split(' ').collect();
    assert_eq!(written, RejectReason::ALL.map(RejectReason::as_str));
}
