use std::collections::BTreeSet;

use postern_tests::guard;
use postern_tests::login_host::{LoginHost, LoginUser};
use serde_json::Value;

use super::changes::{Change, LIMIT, TEMPFAIL};

/// A person with one of each.
pub(super) struct Person {
    pub(super) user: LoginUser,
    pub(super) factor: String,
    pub(super) app_password: String,
    first: BTreeSet<String>,
}

/// What can be seen of an account. Ids are told as those of the beginning or others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    enrolled: bool,
    factors: Vec<(bool, String)>,
    recovery_codes: u64,
    app_passwords: Vec<(bool, bool)>,
    sessions: usize,
}

impl State {
    /// Whether some of the new factors are there, and all else is as it will be.
    pub(super) fn is_part_of(&self, after: &Self) -> bool {
        let factors = &self.factors;
        let all = Self { factors: after.factors.clone(), ..self.clone() };
        !factors.is_empty() && factors.iter().all(|one| after.factors.contains(one)) && all == *after
    }
}

impl Person {
    /// One on whom `change` has something to do.
    pub(super) fn new(host: &LoginHost, change: Change) -> Self {
        let user = if change == Change::Import { host.user("kim") } else { host.enrolled("kim") };
        let app_password = host.site.app_password(&user.unix.name, "Phone", &[]).id;
        let mut person = Self { user, factor: String::new(), app_password, first: BTreeSet::new() };
        person.factor = ids(&person.list(host, "factor")).first().cloned().unwrap_or_default();
        person.first = person
            .list(host, "factor")
            .iter()
            .chain(&person.list(host, "app-password"))
            .filter_map(id)
            .collect();
        if matches!(change, Change::EndSessions | Change::AdminEndSessions) {
            Change::SignIn.make(host, &mut person);
        }
        person
    }

    pub(super) fn state(&self, host: &LoginHost) -> State {
        let shown = json(host, &["account", "show", &self.user.unix.name])["account"].clone();
        let is_old = |one: &Value| id(one).is_some_and(|id| self.first.contains(&id));
        let text = |one: &Value| one["label"].as_str().unwrap_or_default().to_owned();
        let factors = self.list(host, "factor");
        // Those that were bound within one second have no order.
        let mut factors: Vec<_> = factors.iter().map(|one| (is_old(one), text(one))).collect();
        factors.sort_unstable();
        let passwords = self.list(host, "app-password");
        let mut app_passwords: Vec<_> =
            passwords.iter().map(|one| (is_old(one), one["revoked"].is_null())).collect();
        app_passwords.sort_unstable();
        State {
            enrolled: shown["enrolled"].as_bool().expect("enrolled"),
            factors,
            recovery_codes: shown["recovery_codes_left"].as_u64().expect("recovery_codes_left"),
            app_passwords,
            sessions: self.list(host, "session").len(),
        }
    }

    fn list(&self, host: &LoginHost, what: &str) -> Vec<Value> {
        let all: &[&str] = if what == "app-password" { &["--revoked"] } else { &[] };
        let json = json(host, &[&[what, "list", &*self.user.unix.name], all].concat());
        let lists = json.as_object().expect("an object").values();
        lists
            .filter_map(Value::as_array)
            .next()
            .unwrap_or_else(|| panic!("no list of {what}: {json}"))
            .clone()
    }
}

/// What a command says, once a busy machine lets the stores answer it in time.
fn json(host: &LoginHost, args: &[&str]) -> Value {
    guard::wait_for("the command line", LIMIT, || {
        let ran = host.site.cli(&[&["--json"], args].concat());
        (ran.code != TEMPFAIL).then(|| ran.json())
    })
}

fn id(one: &Value) -> Option<String> {
    Some(one["id"].as_str()?.to_owned())
}

fn ids(all: &[Value]) -> Vec<String> {
    all.iter().filter_map(id).collect()
}
