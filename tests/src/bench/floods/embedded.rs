//! Accounts and ledger in SQLite, where posternd computes main passwords itself.

use std::collections::HashMap;
use std::io::{Result, Write};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::super::codes::Stock;
use super::super::results::Results;
use super::{IN_FLIGHT, Visitors, Wrong, meet, with_code};
use crate::flood::{Rate, Shot, fire};
use crate::{Binder, Site, guard};

pub(super) fn run(lasts: Duration, results: &mut Results, out: &mut dyn Write) -> Result<()> {
    let site = Site::builder("bench-flood");
    let site = site.setting("[services.webmail]", "class = \"mail\"\ncombined = true").build();
    let newcomers: HashMap<String, String> = (0..NEWCOMERS)
        .map(|number| {
            let name = format!("newcomer{number:03}");
            let password = site.account(&name).password;
            (name, password)
        })
        .collect();
    for victim in 0..VICTIMS {
        drop(site.account(&format!("victim{victim}")));
    }
    drop(site.account("regular"));
    let app = site.app_password("regular", "bench", &[]).password.replace(' ', "");
    let names: Vec<String> = newcomers.keys().cloned().collect();
    let codes = Mutex::new(Stock::bind(&Binder::of(&site), &names, 1));
    let _posternd = site.posternd();
    site.age_ledger();
    let socket = site.socket();
    let regular = || Shot::new("regular", &app, 60_000);
    assert_eq!(fire(&socket, std::iter::once(regular()), 1).accepted, 1);
    let source = AtomicUsize::new(0);
    let visitors = [
        Visitors { name: "app passwords that return", every: EVERY / 4, aim: 50.0, next: Box::new(regular) },
        Visitors {
            name: "main password and code, from a new source",
            every: EVERY,
            aim: 500.0,
            next: Box::new(|| with_code(&codes, &source, |name| newcomers[name].clone())),
        },
    ];
    let mut number = 0..;
    for (what, every) in [("names without an account", 1), ("names, half of them with an account", 2)] {
        for per_second in RATES {
            let first = number.next().unwrap_or(0) * 1_000_000;
            let logins = (first..).map(|number: usize| {
                let name = match number % every {
                    0 => format!("nobody{number}"),
                    _ => format!("victim{}", number / every % VICTIMS),
                };
                Shot::new(&name, &format!("wrong password {number}"), number)
            });
            let rate = Rate { per_second, in_flight: IN_FLIGHT, lasts };
            let wrong = Wrong { what: &format!("SQLite, {what}"), rate, logins };
            meet(&socket, wrong, &visitors, results, out)?;
            guard::pause(Duration::from_secs(3));
        }
    }
    Ok(())
}

const NEWCOMERS: usize = 150;
/// Accounts of a small host, all of which are guessed at.
const VICTIMS: usize = 50;
/// Guesses a second.
const RATES: [u32; 3] = [170, 1_000, 5_000];
const EVERY: Duration = Duration::from_millis(200);
