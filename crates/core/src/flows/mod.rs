//! What happens, in the order in which it happens: one file a flow.

mod app_password;
mod guard;
mod in_flight;
mod login;
mod lookup;
mod outcome;

pub use app_password::{
    Authority, ChangeError, Created, Order, RandomnessGone, Revoked, create_app_password, edit,
    regenerate_app_passwords, revoke_app_passwords,
};
pub use in_flight::InFlight;
pub use login::{Login, login};
pub use lookup::lookup;
pub use outcome::{Outcome, Trail};
