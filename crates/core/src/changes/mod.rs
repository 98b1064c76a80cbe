//! Changes of an account, one file a kind of change. They call neither checks nor flows.

pub(crate) mod app_passwords;
pub(crate) mod authority;
pub(crate) mod challenges;
pub(crate) mod devices;
pub(crate) mod edit;
pub(crate) mod error;
pub(crate) mod factors;
mod moved_seeds;
pub(crate) mod new_factor;
pub(crate) mod notices;
pub(crate) mod recovery_codes;
pub(crate) mod sessions;
pub(crate) mod single_use;
pub(crate) mod tickets;
mod trust;
pub(crate) mod unique_factors;

pub use app_passwords::{
    Created, Order, Revoked, create_app_password, draw_app_password, regenerate_app_passwords,
    revoke_app_passwords, store_app_password,
};
pub use authority::Authority;
pub use challenges::{PendingChallenge, deny_challenges, pending_challenges};
pub use devices::{revoke_devices, trusted_devices};
pub use edit::edit;
pub use error::{ChangeError, ChangeRefusal};
pub use factors::{bind_factor, unbind_factor, unlock_factors};
pub use moved_seeds::spend_earlier_codes;
pub use new_factor::NewFactor;
pub use notices::{Notices, after_factor};
pub use recovery_codes::{NewRecoveryCodes, create_recovery_codes};
pub use sessions::{end_sessions, open_sessions};
pub use single_use::is_recovery_code_used;
pub use tickets::{forget_ticket, invite};
pub use trust::{OpenSession, TrustedDevice};
pub use unique_factors::{keys_of_factor_keys, refresh_factor_keys};
