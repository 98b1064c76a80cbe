//! What happens at a login while posternd has no verdict.

use pamsm::PamError;
use postern_ipc::Tone;

use crate::journal::Journal;
use crate::libpam::Handle;
use crate::text::logged;
use crate::{conversation, language};

/// posternd has no verdict.
pub(crate) struct Outage<'a> {
    pub(crate) pam: &'a Handle,
    pub(crate) journal: &'a Journal,
    /// For the log.
    pub(crate) why: &'a str,
}

impl Outage<'_> {
    /// Tells the person that it is an outage, also where the host wants silence: they would take it for a wrong password.
    /// Everybody who is refused hears the same.
    pub(crate) fn tell(&self, is_refused: bool) {
        let language = language::of_process().unwrap_or_default();
        let is_chinese = ["zh", "zh-CN", "zh-SG"].contains(&&*language) || language.starts_with("zh-Hans");
        let text = match (is_chinese, is_refused) {
            (false, true) => REFUSED,
            (false, false) => LOCAL,
            (true, true) => REFUSED_IN_CHINESE,
            (true, false) => LOCAL_IN_CHINESE,
        };
        conversation::show(self.pam, Tone::Error, text);
    }

    /// The other lines of the stack decide over a user of this host alone, as while posternd is there.
    pub(crate) fn left_to_others(&self, user: &str) -> PamError {
        let user = logged(user.as_bytes());
        self.journal.error(&format!("cannot decide: {}; left to other modules: local user={user}", self.why));
        PamError::IGNORE
    }
}

const REFUSED: &str =
    "Two-step login is out of order on this host just now. Your password may be right: try again later.";
const LOCAL: &str = "Two-step login is out of order on this host just now. It is not needed for local users.";
const REFUSED_IN_CHINESE: &str = "本机的两步登录暂时出现故障。您的密码可能是正确的，请稍后再试。";
const LOCAL_IN_CHINESE: &str = "本机的两步登录暂时出现故障。本地用户不需要它。";
