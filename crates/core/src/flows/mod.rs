//! What happens, in the order in which it happens: one file a flow.

mod account;
mod app_password;
mod guard;
mod identity;
mod in_flight;
mod interactive;
mod login;
mod lookup;
mod mail;
mod outcome;
mod own;

pub use account::account;
pub use app_password::{
    Authority, ChangeError, Created, Order, RandomnessGone, Revoked, create_app_password, edit,
    regenerate_app_passwords, revoke_app_passwords,
};
pub use identity::UID_NUMBER;
pub use in_flight::InFlight;
pub use login::{Visit, login};
pub use lookup::lookup;
pub use outcome::{Outcome, Trail};
pub use own::{Own, OwnFlow, own};
