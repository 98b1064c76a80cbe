//! Main passwords.

use postern_core::directory::PasswordCheck;
use postern_core::policy::Class;
use postern_core::secret::Password;
use postern_core::turns::Lane;

use super::{DirectoryFixture, find};

/// Right is right, and nearly right is wrong.
pub async fn only_the_right_main_password_is_right(f: &dyn DirectoryFixture) {
    f.add("alice", &[], Some("right horse")).await;
    f.add("bob", &[], Some("other horse")).await;
    assert!(is_right(f, "alice", "right horse").await);
    for wrong in ["right hors", "right horse ", "RIGHT HORSE", "other horse", "*", "x"] {
        assert!(!is_right(f, "alice", wrong).await, "{wrong}");
    }
}

/// Not even one that was never set.
pub async fn an_account_without_main_password_has_no_right_one(f: &dyn DirectoryFixture) {
    f.add("alice", &[], None).await;
    for wrong in ["x", "alice", "null"] {
        assert!(!is_right(f, "alice", wrong).await, "{wrong}");
    }
}

/// The work is done, and the answer is no.
pub async fn a_stranger_is_never_right(f: &dyn DirectoryFixture) {
    f.add("alice", &[], Some("right horse")).await;
    for wrong in ["right horse", "x"] {
        let checked =
            f.directory().check_main_password(None, &password(wrong), Class::Mail, Lane::Fast).await;
        assert_eq!(checked, Ok(PasswordCheck::Wrong));
    }
}

/// The marker is what lets a secret be tried again that was wrong before.
pub async fn a_new_main_password_replaces_the_old_one_and_changes_the_marker(f: &dyn DirectoryFixture) {
    f.add("alice", &[], Some("old horse")).await;
    let before = find(f, "alice").await.unwrap();
    f.set_password("alice", "new horse").await;
    let after = find(f, "alice").await.unwrap();
    assert!(is_right(f, "alice", "new horse").await);
    assert!(!is_right(f, "alice", "old horse").await);
    assert_ne!(before.password_marker, after.password_marker);
    assert_eq!(before.data, after.data);
}

pub(super) async fn is_right(f: &dyn DirectoryFixture, name: &str, secret: &str) -> bool {
    let account = find(f, name).await.unwrap();
    let password = password(secret);
    let at = async |class| {
        let checked = f.directory().check_main_password(Some(&account), &password, class, Lane::Fast).await;
        checked.unwrap() == PasswordCheck::Right
    };
    let is_right = at(Class::Mail).await;
    assert_eq!(at(Class::Login).await, is_right, "where nothing lags both classes say the same");
    is_right
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}
