//! One file a format. Each names the document that it follows.

mod aegis;
mod freeotp_plus;
mod google_authenticator;
mod hash_function;
mod ldif;
mod mailcow;
mod migration;
mod oath_ldap;
mod otpauth;
mod pam_oath;
mod privacyidea;
mod sql;

use postern_core::factor::Algorithm;

use super::entry::{Entry, SourceFile};
use crate::args::ImportFormat;
use crate::failure::Failure;

/// Reads everything in the files, or fails with the first thing that cannot be read.
pub(super) fn read(
    format: ImportFormat,
    files: &[SourceFile],
    algorithm: Option<Algorithm>,
) -> Result<Vec<Entry>, Failure> {
    if algorithm.is_some() && format != ImportFormat::Privacyidea {
        return Err(Failure::usage(
            "--algorithm is for privacyidea; this format says the hash function itself, or has SHA-1 alone",
        ));
    }
    let algorithm = algorithm.unwrap_or_default();
    let each = |read: &dyn Fn(&SourceFile) -> Result<Vec<Entry>, Failure>| {
        let mut entries = Vec::new();
        for file in files {
            entries.extend(read(file)?);
        }
        Ok(entries)
    };
    match format {
        ImportFormat::GoogleAuthenticator => Ok(files.iter().flat_map(google_authenticator::read).collect()),
        ImportFormat::PamOath => each(&pam_oath::read),
        ImportFormat::Otpauth => each(&otpauth::read),
        ImportFormat::FreeotpPlus => each(&freeotp_plus::read),
        ImportFormat::Aegis => each(&aegis::read),
        ImportFormat::Privacyidea => each(&|file| privacyidea::read(file, algorithm)),
        ImportFormat::OathLdap => oath_ldap::read(files),
        ImportFormat::Mailcow => each(&mailcow::read),
    }
}

/// Whether the entries of a format may be of other sites, so that their issuer decides which are meant.
pub(super) fn has_issuers(format: ImportFormat) -> bool {
    match format {
        ImportFormat::Otpauth
        | ImportFormat::FreeotpPlus
        | ImportFormat::Aegis
        | ImportFormat::Privacyidea => true,
        ImportFormat::GoogleAuthenticator
        | ImportFormat::PamOath
        | ImportFormat::OathLdap
        | ImportFormat::Mailcow => false,
    }
}
