//! Removes a key from the keyring once nothing needs it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use postern_core::clock::{Clock, SystemClock, Timestamp};
use postern_core::config::Config;
use postern_core::device::LONGEST_TRUST;
use postern_core::keyring::{KeyAge, LONGEST_CONVERSATION};
use postern_core::policy::ServiceKind;
use serde::Deserialize;
use serde_json::json;

use super::file;
use crate::count::counted;
use crate::failure::Failure;
use crate::output::Output;

/// Removes an older key from the keyring, unless something needs it.
pub(super) fn run(path: &Path, id: u32, at_once: bool, output: Output) -> Result<(), Failure> {
    let config = Config::load(path)?;
    let keyring = config.load_keyring()?;
    let age = keyring.ages().find(|age| age.id == id);
    let Some(KeyAge { replaced: Some(replaced), .. }) = age else {
        // The current key, or an unknown one: the keyring itself reports which.
        return file::remove(&config.keyring, id);
    };
    let now = SystemClock.now();
    let quiet = replaced.plus(LONGEST_CONVERSATION);
    if now < quiet {
        return Err(Failure::temporary(format!(
            "key {id} was replaced at {replaced}, and a conversation that began before may seal something with it until \
             {quiet}; try again then"
        )));
    }
    let used = KeyUses::of(path)?;
    used.refuse_permanent_loss(id)?;
    let until = longest_trust(&config).map(|term| replaced.plus(term)).filter(|until| now < *until);
    if !at_once {
        used.refuse_reentry(id, replaced, until, now)?;
    }
    file::remove(&config.keyring, id)?;
    let file = config.keyring.display();
    let text = format!(
        "key {id} is gone from {file}; posternd notices by itself. Every other host with posternd on these accounts needs this\n\
         file, root:postern 0640, and every copy of the old one, backups too, still holds the key.\n"
    );
    output.print(&text, "dropped", json!(id))
}

/// The output of `postern key list --count`. It runs as a child, as this process stays root and only user postern reads
/// accounts.
#[derive(Debug, Deserialize)]
struct KeyUses {
    keys: Vec<UsedKey>,
    tickets: u64,
}

#[derive(Debug, Deserialize)]
struct UsedKey {
    id: u32,
    sealed: u64,
    numbers: u64,
}

impl KeyUses {
    fn of(config: &Path) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(|error| Failure::system(error.to_string()))?;
        let mut command = Command::new(program);
        command.arg("--config").arg(config).args(["--json", "key", "list", "--count"]);
        command.stdin(Stdio::null()).stderr(Stdio::inherit());
        let ran = command.output().map_err(|error| Failure::system(error.to_string()))?;
        // An account that cannot be read may hold something under any key.
        if !ran.status.success() {
            return Err(Failure::data("not all accounts can be read, so nothing is dropped"));
        }
        serde_json::from_slice(&ran.stdout)
            .map_err(|error| Failure::system(format!("postern key list --count: {error}")))
    }

    /// What is lost for good without the key.
    fn refuse_permanent_loss(&self, id: u32) -> Result<(), Failure> {
        let key = self.keys.iter().find(|key| key.id == id);
        let key = key.ok_or_else(|| Failure::temporary("the keyring was changed just now; try again"))?;
        if key.sealed == 0 && key.numbers == 0 {
            return Ok(());
        }
        let sealed = counted(key.sealed, "secret is", "secrets are");
        let numbers = counted(key.numbers, "telephone number is", "telephone numbers are");
        Err(Failure::data(format!(
            "{sealed} sealed with key {id}, and {numbers} told apart by it; first run: \
             postern key reseal"
        )))
    }

    /// What has to be entered again without the key.
    fn refuse_reentry(
        &self,
        id: u32,
        replaced: Timestamp,
        trusted_until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let mut needs: Vec<String> = Vec::new();
        needs.extend(trusted_until.map(|until| format!("devices may be trusted under it until {until}")));
        // An older key has no valid ticket left in practice.
        if self.tickets > 0 && now < replaced.plus(LONGEST_TRUST) {
            let tickets = counted(self.tickets, "ticket is", "tickets are");
            needs.push(format!("{tickets} good still, which may be under it"));
        }
        if needs.is_empty() {
            return Ok(());
        }
        Err(Failure::data(format!(
            "key {id} may be needed: {}. Where it leaked: postern key drop {id} --at-once; these devices are asked for a code \
             again then, and these people need new tickets",
            needs.join("; ")
        )))
    }
}

/// The longest time for which a login service trusts a device.
fn longest_trust(config: &Config) -> Option<Duration> {
    let terms = config.services.values().filter_map(|service| match &service.kind {
        ServiceKind::Mail(_) => None,
        ServiceKind::Login(login) => Some(login.trust_device.unwrap_or(config.policy.trust_device)),
    });
    terms.max()
}
