use std::io::{Result, Write};

use serde_json::{Value, json};

use super::Plan;
use super::machine::machine;
use super::results::Results;
use crate::{Binder, LdapPerson, Listen, Posternd, Redis, Site, Slapd, host, planted, unix_users};

mod processes;
mod socket;
mod stock;

pub(super) use socket::at_prompt;
pub(super) use stock::{Ready, Stock};

/// Compares how quickly codes are checked: straight at posternd's socket over both kinds of stores, and through PAM beside other modules.
pub(super) fn run(plan: &Plan, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    writeln!(out, "bench-codes: {}; a code of an app, the stores beside posternd\n", machine())?;
    let mut bench = CodesBench::start();
    let mut results = Results::new("codes", "logins/s", plan.to_json());
    socket::run(plan, &mut bench.sides, &mut results, out)?;
    processes::run(plan, &mut bench, &mut results, out)?;
    results.save(out)
}

/// Sites with many apps. What runs ends before what it needs.
struct CodesBench {
    /// For logins through PAM, at the first side.
    few: Stock,
    /// Over LDAP and Redis, and over SQLite.
    sides: [Side; 2],
    _redis: Redis,
    _slapd: Slapd,
}

/// A site, and apps for logins at its socket.
struct Side {
    name: &'static str,
    /// Whether a rate is promised for it: with SQLite each code waits for the disk.
    is_promised: bool,
    stock: Stock,
    posternd: Posternd,
    site: Site,
}

impl CodesBench {
    fn start() -> Self {
        let slapd = Slapd::builder("bench-codes").quiet().crowd(ACCOUNTS + OF_PAM).start();
        let redis = Redis::start("bench-codes", Listen::Tcp);
        // The first factor is the stack's: nothing is timed but the code.
        let service = ("[services.sshd]", "first = \"stack\"\ntrust_device = \"0s\"");
        let ldap = Site::builder("bench-codes").ldap(&slapd).setting(service.0, service.1).build();
        redis.join(&ldap);
        let people: Vec<_> = (0..ACCOUNTS + OF_PAM).map(|number| slapd.nth(number)).collect();
        unix_users::add_names(people.iter().map(|person| (&*person.name, person.uid)));
        let embedded = Site::builder("bench-codes-sqlite").setting(service.0, service.1).build();
        insert(&embedded, &people[..ACCOUNTS as usize]);
        let names: Vec<String> = people.into_iter().map(|person| person.name).collect();
        let (many, few) = names.split_at(ACCOUNTS as usize);
        let few = Stock::bind(&Binder::of(&ldap), few, 1);
        let side = |name, site: Site, is_promised| {
            let stock = Stock::bind(&Binder::of(&site), many, APPS);
            Side { name, is_promised, stock, posternd: site.posternd(), site }
        };
        let sides = [side("postern, LDAP and Redis", ldap, true), side("postern, SQLite", embedded, false)];
        sides[1].site.age_ledger();
        Self { few, sides, _redis: redis, _slapd: slapd }
    }
}

/// Makes the same people in SQLite, without the process that each would take.
fn insert(site: &Site, people: &[LdapPerson]) {
    // It makes the tables.
    drop(site.account("first"));
    let rows: Vec<Value> = people
        .iter()
        .map(|person| {
            let id = format!("00000000-0000-4000-8000-{:012}", person.uid);
            let attributes = json!({ "uidNumber": [person.uid.to_string()] });
            json!([id, person.name, attributes.to_string()])
        })
        .collect();
    planted::execute(site, "INSERT INTO account (id, name, attributes) VALUES (?, ?, ?)", &rows);
}

/// /etc/passwd is read to its end for each login: few names with several apps are more like a site with a name service.
const ACCOUNTS: u32 = 400;
const APPS: usize = 4;
const OF_PAM: u32 = 60;
