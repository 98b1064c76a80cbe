//! Keys of what belongs to a digest and not to an account.

use postern_core::keyring::Digest;

/// The hash tag of a subject. It is no account's, as those are ids of the directory.
pub(super) fn subject_tag(subject: Digest) -> String {
    format!("digest-{subject}")
}
