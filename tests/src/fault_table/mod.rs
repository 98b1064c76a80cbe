//! Every fault of every party at every door: what a person sees, how long it takes, and whether that is what is promised.
//!
//! One site with real servers stands behind proxies that fail on demand. In each row all doors are tried at once: first without a
//! fault, then with it, then until each works again.

mod budgets;
mod doors;
mod people;
mod report;
mod row;
mod scene;

use std::io::{Result, Write};

use crate::fault_proxy::Fault;

use row::Row;
use scene::Scene;

/// What Postern depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The directory.
    Ldap,
    /// The ledger.
    Redis,
    /// The daemon behind its socket.
    Posternd,
    /// The mail server to which codes are handed.
    Smtp,
    /// The service that notifies phones.
    Push,
}

impl Party {
    const ALL: [Self; 5] = [Self::Ldap, Self::Redis, Self::Posternd, Self::Smtp, Self::Push];

    fn name(self) -> &'static str {
        match self {
            Self::Ldap => "ldap",
            Self::Redis => "redis",
            Self::Posternd => "posternd",
            Self::Smtp => "smtp",
            Self::Push => "push",
        }
    }
}

/// The faults, by the names that rows have.
const FAULTS: [(&str, Fault); 7] = [
    ("refuse", Fault::Refuse),
    ("black-hole", Fault::BlackHole),
    ("slow", Fault::Slow),
    ("half-close", Fault::HalfClose),
    ("garbage", Fault::Garbage),
    ("one-byte-a-second", Fault::OneByteASecond),
    ("expired-certificate", Fault::ExpiredCertificate),
];

/// The rows that are asked for: every one where there is no word; else those whose party or fault, or both joined by a `/`, is named.
///
/// # Errors
/// A word that names no row, and those that there are.
pub fn rows(words: &[String]) -> std::result::Result<Vec<(Party, &'static str, Fault)>, String> {
    // posternd's socket is of this host, and speaks no TLS.
    let all: Vec<_> = Party::ALL
        .into_iter()
        .flat_map(|party| FAULTS.map(|(name, fault)| (party, name, fault)))
        .filter(|(party, _, fault)| (*party, *fault) != (Party::Posternd, Fault::ExpiredCertificate))
        .collect();
    let names = |word: &str, (party, fault, _): &(Party, &str, Fault)| {
        word == party.name() || word == *fault || word == format!("{}/{fault}", party.name())
    };
    if let Some(word) = words.iter().find(|word| !all.iter().any(|row| names(word, row))) {
        let parties: Vec<&str> = Party::ALL.iter().map(|party| party.name()).collect();
        let faults: Vec<&str> = FAULTS.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "{word} is no row: name a party ({}), a fault ({}), or both as in ldap/slow",
            parties.join(", "),
            faults.join(", ")
        ));
    }
    Ok(all.into_iter().filter(|row| words.is_empty() || words.iter().any(|word| names(word, row))).collect())
}

/// Runs these rows, prints each as it is done and the tables at the end, and writes them into `target/faults`. Whether every cell is
/// as it should be.
///
/// # Errors
/// The report cannot be written.
pub fn run(wanted: &[(Party, &'static str, Fault)], out: &mut dyn Write) -> Result<bool> {
    let scene = Scene::start();
    let mut done: Vec<Row> = Vec::new();
    for &(party, name, fault) in wanted {
        let row = Row::run(&scene, party, name, fault);
        report::progress(out, &row)?;
        done.push(row);
    }
    report::tables(out, &done)?;
    report::write(&done)?;
    Ok(done.iter().all(Row::is_good))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(words: &[&str]) -> std::result::Result<usize, String> {
        rows(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).map(|rows| rows.len())
    }

    #[test]
    fn rows_are_chosen_by_party_by_fault_and_by_both() {
        assert_eq!(chosen(&[]), Ok(34));
        assert_eq!(chosen(&["ldap"]), Ok(7));
        assert_eq!(chosen(&["posternd"]), Ok(6), "without TLS");
        assert_eq!(chosen(&["expired-certificate"]), Ok(4));
        assert_eq!(chosen(&["ldap/slow", "redis"]), Ok(8));
        let why = chosen(&["ldpa"]).unwrap_err();
        assert!(why.contains("ldpa") && why.contains("posternd") && why.contains("half-close"), "{why}");
        assert!(chosen(&["posternd/expired-certificate"]).is_err());
    }
}
