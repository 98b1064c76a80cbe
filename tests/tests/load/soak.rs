//! The short form of `make soak`. Its 2,000 logins find people who are put off by a flood, what is still open afterwards, a descriptor
//! that is left behind at more than one login in 75 or a thread at more than one in 150, and memory from 4,810 bytes a login on. What leaks
//! less is found by the 100,000 logins of `make soak` alone: memory down to 97 bytes a login.

use std::sync::PoisonError;

use postern_tests::host;
use postern_tests::login_host::Stores;
use postern_tests::soak::{SoakPlan, soak};

use crate::TURN;

fn people_get_in_beside_a_flood_and_nothing_grows(stores: Stores) {
    host::require_test_host();
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_well = soak(&SoakPlan::SHORT, stores, &mut std::io::stdout()).unwrap();
    assert!(is_well, "see what it printed");
}

#[test]
fn people_get_in_beside_a_flood_and_nothing_grows_with_ldap_and_redis() {
    people_get_in_beside_a_flood_and_nothing_grows(Stores::LdapAndRedis);
}

#[test]
#[ignore = "the other stores are in the usual run"]
fn people_get_in_beside_a_flood_and_nothing_grows_with_sqlite() {
    people_get_in_beside_a_flood_and_nothing_grows(Stores::Embedded);
}
