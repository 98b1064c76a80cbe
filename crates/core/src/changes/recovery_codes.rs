use crate::account::AccountId;
use crate::factor::{RecoveryCode, RecoveryText};
use crate::hashing::{Cost, Purpose, SALT_BYTES};

use super::authority::Authority;
use super::edit::edit;
use super::error::{ChangeError, ChangeRefusal};

/// New recovery codes. This is the only time that they can be shown.
#[derive(Debug)]
pub struct NewRecoveryCodes(pub Vec<RecoveryText>);

/// Makes recovery codes in the place of all earlier ones.
///
/// # Errors
/// [`ChangeError`]; [`ChangeRefusal::NotEnrolled`] where no factor is bound.
pub async fn create_recovery_codes(
    authority: &Authority,
    account: &AccountId,
) -> Result<NewRecoveryCodes, ChangeError> {
    let mut codes: Vec<RecoveryText> = Vec::new();
    let mut stored = Vec::new();
    while codes.len() < authority.limits.recovery_codes as usize {
        let code = RecoveryText::draw(authority.random)?;
        if codes.iter().any(|other| other.id() == code.id()) {
            continue;
        }
        let mut salt = [0; SALT_BYTES];
        (authority.random)(&mut salt)?;
        let cost = Cost::MAIN_PASSWORD;
        let hash = authority.hasher.hash(code.secret(), &salt, cost, Purpose::RecoveryCode).await?;
        stored.push(RecoveryCode { id: code.id(), hash });
        codes.push(code);
    }
    edit(&*authority.directory, account, |data| {
        if !data.is_enrolled() {
            return Err(ChangeRefusal::NotEnrolled.into());
        }
        data.recovery_codes.clone_from(&stored);
        // A user who makes new ones may have lost the old ones, and the devices that were trusted with them.
        data.forget_trust();
        Ok(())
    })
    .await?;
    Ok(NewRecoveryCodes(codes))
}
