//! App passwords as `postern app-password create` makes them, without the process that each would take.

use postern_core::app_password::{Generated, Label, LiveAppPassword, Networks, Scope};
use postern_core::clock::{Clock, SystemClock};
use postern_core::hashing::{Cost, HashPool, Purpose, SALT_BYTES};

use crate::canary;

/// A new app password for everything from everywhere.
#[derive(Debug)]
pub struct Minted {
    /// What its owner types.
    pub secret: String,
    /// What a directory keeps of it.
    pub record: LiveAppPassword,
}

/// Makes one with this label, whose hash `pool` computes.
pub async fn mint(pool: &HashPool, label: &str) -> Minted {
    let generated = Generated::draw(getrandom::fill).expect("random bytes");
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).expect("random bytes");
    let hash = pool.hash(generated.secret(), &salt, Cost::APP_PASSWORD, Purpose::AppPassword).await;
    let record = LiveAppPassword {
        id: generated.selector(),
        label: Label::new(label).expect("a label"),
        scope: Scope::All,
        created: SystemClock.now(),
        expires: None,
        networks: Networks::default(),
        hash: hash.expect("a hash"),
    };
    let secret = generated.grouped().replace(' ', "");
    canary::register(&secret);
    Minted { secret, record }
}
