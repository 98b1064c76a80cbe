//! What happens, in the order in which it happens: one file a flow.

mod account;
mod app_password;
mod approval;
mod challenges;
mod codes;
mod dialogue;
mod enrolment;
mod factors;
mod guard;
mod identity;
mod in_flight;
mod interactive;
mod login;
mod lookup;
mod mail;
mod main_password;
mod note;
mod notices;
mod occasion;
mod outcome;
mod own;
mod phone;
mod second_step;
mod sent_code;
mod sms_budget;
mod trust;
mod unique;
mod used;

pub use account::account;
pub use app_password::{
    Authority, ChangeError, Created, Order, RandomnessGone, Revoked, create_app_password, draw_app_password,
    edit, regenerate_app_passwords, revoke_app_passwords, store_app_password,
};
pub use challenges::{PendingChallenge, deny_challenges, pending_challenges};
pub use dialogue::PREFERRED_LANGUAGE;
pub use enrolment::{Bound, EnrolFor, Enrolled, WantedKind, default_label, enrol_for};
pub use factors::{
    NewFactor, NewKind, NewRecoveryCodes, bind_factor, create_recovery_codes, forget_ticket, invite,
    unbind_factor, unlock_factors,
};
pub use identity::{Identity, Mismatch, UID_NUMBER, identity_of};
pub use in_flight::InFlight;
pub use login::{EMPTY_ANSWER, NOT_A_PASSWORD, Visit, login};
pub use lookup::lookup;
pub use notices::{ChangedBy, Notices};
pub use outcome::{Outcome, SmsBudget, Trail, clock_text};
pub use own::{Own, OwnFlow, own};
pub use phone::{PhoneCall, PhoneFlow, phone};
pub use trust::{TrustedDevice, revoke_devices, trusted_devices};
pub use unique::{keys_of_factor_keys, refresh_factor_keys};
