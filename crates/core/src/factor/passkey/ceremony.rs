//! The two ceremonies of WebAuthn (W3C Web Authentication, Level 3, section 7), by the passki crate. What a browser is asked for and
//! what it answers are the JSON forms of sections 5.1.8 to 5.1.10.

use passki::{
    AuthenticationCredential, AuthenticationOptions, AuthenticationState, AuthenticatorTransport, Passki,
    PasskiError, RegistrationCredential, RegistrationOptions, RegistrationState, StoredPasskey,
    UserVerificationRequirement,
};
use sha2::{Digest as _, Sha256};

use crate::account::Account;
use crate::factor::{Factor, FactorId};

use super::{Backup, Passkey, RelyingParty, Transport, WebAuthnBytes, cose};

/// A passkey that is being made. The challenge is good for one answer.
pub(super) struct Registration {
    site: Passki,
    rp_id: String,
    state: RegistrationState,
    /// What the browser is asked for: `PublicKeyCredentialCreationOptionsJSON`.
    pub(super) options: String,
}

impl Registration {
    /// Begins one, of an authenticator that has no passkey of the account yet but the one that is replaced.
    pub(super) fn begin(
        party: &RelyingParty,
        site_name: &str,
        account: &Account,
        replaces: Option<FactorId>,
    ) -> Result<Self, Failed> {
        let site = Passki::new(&party.id, &[&party.origin], site_name);
        let others = account.data.factors.iter().filter(|factor| Some(factor.id) != replaces);
        let known = few(others.filter_map(|factor| passkey_of(factor, party)));
        let mut options = RegistrationOptions::default();
        options.timeout = LONGEST_MS;
        options.user_verification = UserVerificationRequirement::Required;
        options.exclude_credentials = Some(&known);
        let (name, handle) = (&account.name, user_handle(account, replaces));
        let (mut challenge, state) = site.start_passkey_registration(&handle, name, name, options)?;
        challenge.pub_key_cred_params.retain(|wanted| cose::ALGORITHMS.contains(&wanted.alg));
        let options = serde_json::to_string(&challenge).map_err(|_| Failed::Unreadable)?;
        Ok(Self { site, rp_id: party.id.clone(), state, options })
    }

    /// Checks the browser's answer.
    pub(super) fn finish(&self, answer: &str) -> Result<Passkey, Failed> {
        let mut answer: RegistrationCredential = read(answer)?;
        let attestation = Passki::base64_decode(&answer.response.attestation_object)?;
        // None was asked for, and whether one is right says nothing here.
        let bare = cose::without_attestation(&attestation).ok_or(Failed::Unreadable)?;
        answer.response.attestation_object = Passki::base64_encode(&bare);
        let made = self.site.finish_passkey_registration(&answer, &self.state)?;
        // A key that can verify nothing would lock its owner out at the next login.
        if !cose::is_usable(&made.public_key, made.algorithm) {
            return Err(Failed::Unreadable);
        }
        let bytes = |bytes: Vec<u8>| WebAuthnBytes::new(bytes).ok_or(Failed::Unreadable);
        Ok(Passkey {
            rp_id: self.rp_id.clone(),
            credential: bytes(made.credential_id)?,
            public_key: bytes(made.public_key)?,
            algorithm: made.algorithm,
            counter: made.counter,
            transports: made.transports.into_iter().map(Transport::from).collect(),
            backup: Backup::of_flags(made.be, made.bs),
        })
    }
}

/// A question for a passkey. The challenge is good for one answer.
pub(super) struct Assertion {
    site: Passki,
    state: AuthenticationState,
    /// What the browser is asked for: `PublicKeyCredentialRequestOptionsJSON`.
    pub(super) options: String,
}

impl Assertion {
    /// Asks for `first`, or any other passkey of the account that was made for this site, and is not locked.
    pub(super) fn begin(party: &RelyingParty, account: &Account, first: FactorId) -> Result<Self, Failed> {
        // The name is for registrations alone.
        let site = Passki::new(&party.id, &[&party.origin], "");
        let (proposed, others): (Vec<&Factor>, Vec<&Factor>) = account
            .data
            .factors
            .iter()
            .filter(|factor| factor.locked.is_none())
            .partition(|one| one.id == first);
        let known = few(proposed.into_iter().chain(others).filter_map(|factor| passkey_of(factor, party)));
        if known.is_empty() {
            // An empty list would let any passkey of the site answer.
            return Err(Failed::Unknown);
        }
        let mut options = AuthenticationOptions::default();
        options.timeout = LONGEST_MS;
        options.user_verification = UserVerificationRequirement::Required;
        let (challenge, state) = site.start_passkey_authentication(&known, options)?;
        let options = serde_json::to_string(&challenge).map_err(|_| Failed::Unreadable)?;
        Ok(Self { site, state, options })
    }

    /// Checks the browser's answer against the passkey that it is for, and keeps what it says of its counter and copies.
    pub(super) fn finish(&self, answer: &Answer, passkey: &mut Passkey) -> Result<(), Failed> {
        // Only what is signed may say that there is a copy, and the counter is compared before the signature.
        let mut uncounted = stored(passkey);
        uncounted.counter = 0;
        let checked = self.site.finish_passkey_authentication(&answer.0, &self.state, &uncounted)?;
        if (checked.counter != 0 || passkey.counter != 0) && checked.counter <= passkey.counter {
            return Err(Failed::Behind);
        }
        let data = Passki::base64_decode(&answer.0.response.authenticator_data)?;
        let flags = data.get(FLAGS_AT).copied().unwrap_or_default();
        passkey.counter = checked.counter;
        passkey.backup = Backup::of_flags(flags & ELIGIBLE != 0, flags & BACKED_UP != 0);
        Ok(())
    }
}

/// What a browser says that a passkey signed.
pub(super) struct Answer(AuthenticationCredential);

impl Answer {
    pub(super) fn read(text: &str) -> Result<Self, Failed> {
        read(text).map(Self)
    }

    /// Whether it says that it is by this one.
    pub(super) fn is_by(&self, passkey: &Passkey) -> bool {
        Passki::base64_decode(&self.0.raw_id).is_ok_and(|id| id == passkey.credential.bytes())
    }
}

/// Why an answer does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// It is not the JSON form of a credential, or has parts that are not what they should be.
    Unreadable,
    /// It is by no passkey of the account that may answer.
    Unknown,
    /// It is for other pages than those of `[web] account_url`.
    OtherSite,
    /// The person was not verified, by a PIN, finger or face.
    NotVerified,
    /// The signature or the challenge is wrong.
    Wrong,
    /// The signature is right, and the counter is not above the last one.
    Behind,
}

impl Failed {
    /// What the log says.
    pub(super) fn detail(self) -> &'static str {
        match self {
            Self::Unreadable => "no answer of a passkey",
            Self::Unknown => "the answer is by no passkey of the account",
            Self::OtherSite => {
                "an answer for another site than that of [web] account_url, which is to be the address that browsers see"
            }
            Self::NotVerified => "the passkey did not verify its person",
            Self::Wrong => "the passkey's signature or challenge is wrong",
            Self::Behind => "the passkey's counter did not go up: somebody may have a copy of it",
        }
    }
}

impl From<PasskiError> for Failed {
    #[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow; what is new is refused")]
    fn from(error: PasskiError) -> Self {
        match error {
            PasskiError::OriginMismatch { .. }
            | PasskiError::RpIdHashMismatch
            | PasskiError::CrossOriginNotAllowed => Self::OtherSite,
            PasskiError::UserNotPresent | PasskiError::UserVerificationRequired => Self::NotVerified,
            PasskiError::CounterRegression => Self::Behind,
            PasskiError::CredentialNotAllowed => Self::Unknown,
            PasskiError::ChallengeMismatch
            | PasskiError::SignatureVerificationFailed
            | PasskiError::ClientDataTypeMismatch { .. } => Self::Wrong,
            // The rest are parts that are not what they should be, and what a later version adds is no success either.
            _ => Self::Unreadable,
        }
    }
}

impl From<AuthenticatorTransport> for Transport {
    fn from(transport: AuthenticatorTransport) -> Self {
        match transport {
            AuthenticatorTransport::Usb => Self::Usb,
            AuthenticatorTransport::Nfc => Self::Nfc,
            AuthenticatorTransport::Ble => Self::Ble,
            AuthenticatorTransport::SmartCard => Self::SmartCard,
            AuthenticatorTransport::Hybrid => Self::Hybrid,
            AuthenticatorTransport::Internal => Self::Internal,
        }
    }
}

impl From<Transport> for AuthenticatorTransport {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Usb => Self::Usb,
            Transport::Nfc => Self::Nfc,
            Transport::Ble => Self::Ble,
            Transport::SmartCard => Self::SmartCard,
            Transport::Hybrid => Self::Hybrid,
            Transport::Internal => Self::Internal,
        }
    }
}

/// The factor's passkey, if it is one that was made for this site.
fn passkey_of<'a>(factor: &'a Factor, party: &RelyingParty) -> Option<&'a Passkey> {
    factor.kind.passkey().filter(|passkey| passkey.rp_id == party.id)
}

/// As many of them as fit into a question; an id may be long.
fn few<'a>(passkeys: impl Iterator<Item = &'a Passkey>) -> Vec<StoredPasskey> {
    let mut room = MOST_ID_BYTES;
    let fits = |passkey: &&Passkey| {
        let left = room.checked_sub(passkey.credential.bytes().len() + ID_OVERHEAD);
        room = left.unwrap_or(room);
        left.is_some()
    };
    passkeys.filter(fits).map(stored).collect()
}

/// A passkey in the form of the crate.
fn stored(passkey: &Passkey) -> StoredPasskey {
    let mut stored = StoredPasskey::default();
    stored.credential_id = passkey.credential.bytes().to_vec();
    stored.public_key = passkey.public_key.bytes().to_vec();
    stored.algorithm = passkey.algorithm;
    stored.counter = passkey.counter;
    stored.transports = passkey.transports.iter().copied().map(AuthenticatorTransport::from).collect();
    stored
}

/// What authenticators know the account by, the same for each that it adds. It tells no more of the person than the account's id in
/// the directory does (section 14.6.1): nothing, where that is an entryUUID.
///
/// An authenticator overwrites a passkey by one of the same handle, before anybody knows whether that will be bound. So one in the
/// place of another has a handle of its own, and the old one works until it is unbound.
fn user_handle(account: &Account, replaces: Option<FactorId>) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(HANDLE);
    digest.update(account.id.as_str().as_bytes());
    if let Some(replaced) = replaces {
        digest.update(format!("\0{replaced}"));
    }
    digest.finalize().into()
}

/// Browsers send more than is looked at, and may send more one day.
fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Failed> {
    serde_json::from_str(text).map_err(|_| Failed::Unreadable)
}

/// How long a browser waits for the person.
const LONGEST_MS: u64 = 120_000;
/// The bytes of all ids in a question: with the rest of it, it fits into a line of the protocol.
const MOST_ID_BYTES: usize = 6000;
/// What each id brings along.
const ID_OVERHEAD: usize = 100;
/// Where the flags are in authenticator data (section 6.1), which begins with a SHA-256 hash.
const FLAGS_AT: usize = 32;
const ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HANDLE: &[u8] = b"postern passkey of\0";
