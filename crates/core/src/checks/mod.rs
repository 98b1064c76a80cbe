//! Whether a secret is right, one file a kind of secret. Checks call [`changes`](crate::changes), and no flows. Those of one kind
//! of factor are in its module in [`factor`](crate::factor).

pub(crate) mod application_keys;
pub(crate) mod attempts;
pub(crate) mod current_account;
pub(crate) mod in_flight;
pub(crate) mod mail_gate;
pub(crate) mod main_password;
pub(crate) mod sessions;
pub(crate) mod stored_session;
pub(crate) mod trusted_browsers;
pub(crate) mod trusted_devices;
pub(crate) mod typed_codes;

pub use in_flight::InFlight;
pub use mail_gate::MailGate;
