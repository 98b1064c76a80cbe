//! What happens, in the order in which it happens: one file a flow. Flows call [`checks`](crate::checks) and
//! [`changes`](crate::changes), which call no flows.

mod account_management;
pub(crate) mod answers;
mod applications;
mod approval_check;
mod code_limit;
pub(crate) mod enrolment;
mod identity;
mod interactive;
mod last_use;
mod login;
mod login_device;
mod login_end;
mod login_history;
mod login_request;
mod lookup;
mod mail;
mod mail_settings;
mod phone_page;
mod recovery_codes;
pub(crate) mod refused_change;
mod second_step;
mod self_service;
mod time_limit;
mod unusable_password;

pub use account_management::account;
pub use applications::{ApplicationFlow, ApplicationRequest, application};
pub use approval_check::approval_check;
pub use enrolment::{Bound, EnrolFor, Enrolled, default_label, enrol_for};
pub use identity::{Identity, Mismatch, identity_of};
pub use login::login;
pub use login_history::{DecidedLogin, recent_logins, record_login};
pub use login_request::{BrowserRequest, LoginRequest};
pub use lookup::lookup;
pub use mail_settings::mail_settings;
pub use phone_page::{PhoneRequest, phone};
pub use self_service::{SelfServiceActor, SelfServiceFlow, SelfServiceRequest, self_service};
