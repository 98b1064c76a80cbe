use std::io::{Result, Write};

use super::Plan;
use super::numbers::machine;
use crate::{Binder, Listen, Posternd, Redis, Site, Slapd, host, unix_users};

mod processes;
mod socket;
mod stock;

use stock::Stock;

/// Compares how quickly codes are checked: straight at posternd's socket, and through PAM beside other modules.
pub(super) fn run(plan: &Plan, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    writeln!(out, "bench-codes: {}; a code of an app, slapd and Redis beside posternd\n", machine())?;
    let mut bench = CodesBench::start();
    socket::run(plan, &mut bench, out)?;
    processes::run(plan, &mut bench, out)?;
    writeln!(out, "\nafterwards: {}", machine())
}

/// A site with many apps. What runs ends before what it needs.
struct CodesBench {
    /// For logins at the socket.
    many: Stock,
    /// For logins through PAM.
    few: Stock,
    posternd: Posternd,
    site: Site,
    _redis: Redis,
    _slapd: Slapd,
}

impl CodesBench {
    fn start() -> Self {
        let slapd = Slapd::builder("bench-codes").quiet().crowd(ACCOUNTS + OF_PAM).start();
        let redis = Redis::start("bench-codes", Listen::Tcp);
        // The first factor is the stack's: nothing is timed but the code.
        let site = Site::builder("bench-codes")
            .ldap(&slapd)
            .setting("[services.sshd]", "first = \"stack\"\ntrust_device = \"0s\"")
            .build();
        redis.join(&site);
        let people: Vec<_> = (0..ACCOUNTS + OF_PAM).map(|number| slapd.nth(number)).collect();
        unix_users::add_names(people.iter().map(|person| (&*person.name, person.uid)));
        let names: Vec<String> = people.into_iter().map(|person| person.name).collect();
        let binder = Binder::of(&site);
        let (many, few) = names.split_at(ACCOUNTS as usize);
        let many = Stock::bind(&binder, many, APPS);
        let few = Stock::bind(&binder, few, 1);
        drop(binder);
        Self { many, few, posternd: site.posternd(), site, _redis: redis, _slapd: slapd }
    }
}

/// /etc/passwd is read to its end for each login: few names with several apps are more like a site with a name service.
const ACCOUNTS: u32 = 400;
const APPS: usize = 4;
const OF_PAM: u32 = 60;
