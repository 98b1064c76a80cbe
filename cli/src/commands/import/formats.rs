//! Which reader a format has.

use postern_core::factor::Algorithm;
use postern_import::{
    Entry, SourceFile, Unreadable, aegis, freeotp_plus, google_authenticator, mailcow, oath_ldap, otpauth,
    pam_oath, privacyidea,
};

use crate::args::ImportFormat;
use crate::failure::{self, Failure};

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
    let each = |read: &dyn Fn(&SourceFile) -> Result<Vec<Entry>, Unreadable>| {
        let mut entries = Vec::new();
        for file in files {
            entries.extend(read(file)?);
        }
        Ok(entries)
    };
    let entries = match format {
        ImportFormat::GoogleAuthenticator => Ok(files.iter().flat_map(google_authenticator::read).collect()),
        ImportFormat::PamOath => each(&pam_oath::read),
        ImportFormat::Otpauth => each(&uris),
        ImportFormat::FreeotpPlus => each(&freeotp_plus::read),
        ImportFormat::Aegis => each(&aegis::read),
        ImportFormat::Privacyidea => each(&|file| privacyidea::read(file, algorithm)),
        ImportFormat::OathLdap => oath_ldap::read(files),
        ImportFormat::Mailcow => each(&mailcow::read),
    };
    entries.map_err(|unreadable| Failure::data(format!("{unreadable}; nothing was changed")))
}

fn uris(file: &SourceFile) -> Result<Vec<Entry>, Unreadable> {
    let uris = otpauth::read(file)?;
    for incomplete in &uris.incomplete {
        failure::warn(format!("{}: {incomplete}", file.path().display()));
    }
    Ok(uris.entries)
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
