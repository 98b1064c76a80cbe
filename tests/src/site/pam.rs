//! A site whose mail logins come by PAM.

use crate::pam::PamService;
use crate::{Dovecot, DovecotConfig, host, mail_host};

use super::Site;

impl Site {
    /// The stack that is shipped for Dovecot, with `arguments` for the module.
    #[must_use]
    pub fn mail_pam_stack(&self, arguments: &str) -> String {
        let shipped = include_str!("../../../packaging/pam/imap");
        let config = self.client_config();
        shipped.replace("pam_postern.so", &format!("{{module}} config={} {arguments}", config.display()))
    }

    /// The PAM services of mail, of which there may be one of each name at a time.
    #[must_use]
    pub fn mail_pam_services(&self) -> Vec<PamService> {
        mail_host::SERVICES.map(|name| PamService::named(name, &self.mail_pam_stack(""))).into()
    }

    /// A Dovecot that asks this site by PAM, with the shipped databases. It needs
    /// [`mail_pam_services`](Self::mail_pam_services).
    #[must_use]
    pub fn dovecot_by_pam(&self) -> Dovecot {
        let shipped = include_str!("../../../packaging/dovecot-2.3/auth-postern-pam.conf.ext");
        let program = host::program("postern-checkpassword");
        let program = format!("{} --config {}", program.display(), self.client_config().display());
        let databases = Some(shipped.replace("/usr/lib/postern/postern-checkpassword", &program));
        let log = self.output().join("dovecot-pam.log");
        Dovecot::start(&DovecotConfig { databases, log, ..self.dovecot_config() })
    }
}
