use crate::account::{AccountData, AccountId};
use crate::directory::{Directory, Update};

use super::error::{ChangeError, ChangeRefusal, EDIT_TRIES};

/// Reads an account, applies `change` to its data and writes them back. It starts again if another process was faster, and writes
/// nothing if `change` changes nothing or fails.
///
/// # Errors
/// [`ChangeError`], or what `change` fails with.
pub async fn edit<T>(
    directory: &dyn Directory,
    account: &AccountId,
    mut change: impl FnMut(&mut AccountData) -> Result<T, ChangeError> + Send,
) -> Result<T, ChangeError> {
    for _ in 0..EDIT_TRIES {
        let read = directory.read(account).await?.ok_or(ChangeRefusal::NoAccount)?;
        let mut data = read.data.clone();
        let result = change(&mut data)?;
        if data == read.data {
            return Ok(result);
        }
        match directory.update(account, read.revision, &data).await? {
            Update::Done(_) => return Ok(result),
            Update::Conflict => {}
        }
    }
    Err(ChangeRefusal::Contended.into())
}
