//! The app password that the options or a row of a table ask for.

use postern_core::app_password::{Label, Networks, Scope};
use postern_core::changes::Order;

use crate::failure::Failure;
use crate::site::{self, Site};

/// Describes an app password to create.
pub(super) fn order(
    site: &Site,
    (label, scope): (&str, &str),
    expires: Option<&str>,
    networks: &[String],
) -> Result<Order, Failure> {
    Ok(Order {
        label: Label::new(label).map_err(Failure::data)?,
        scope: scope.parse::<Scope>().map_err(|error| Failure::data(format!("the scope {error}")))?,
        expires: expires.map(|text| site::moment(text, site.clock.now())).transpose()?,
        networks: Networks::parse(networks).map_err(Failure::data)?,
    })
}
