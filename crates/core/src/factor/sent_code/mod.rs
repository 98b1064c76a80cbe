//! Codes by e-mail or SMS: what both kinds share.

pub(crate) mod check;
pub(crate) mod enrolment;
pub(crate) mod limits;
pub(crate) mod recipient;
pub(crate) mod second_step;
pub(crate) mod send;
