//! What the person and the log are told while posternd has no verdict.

use std::sync::atomic::{AtomicBool, Ordering};

use pamsm::PamError;
use postern_ipc::Tone;
use postern_pam_text::log_value;

use crate::journal::Journal;
use crate::libpam::Handle;
use crate::{language, prompter};

/// An outage of one login.
pub(crate) struct Outage<'a> {
    pub(crate) pam: &'a Handle,
    pub(crate) journal: &'a Journal,
    /// The cause, for the log.
    pub(crate) why: &'a str,
}

impl Outage<'_> {
    /// Tells the person that it is an outage, even if the host asks for silence: they would blame their password. All
    /// who are refused see the same text.
    pub(crate) fn tell(&self, is_refused: bool) {
        WAS_TOLD.store(true, Ordering::Relaxed);
        // Of the text after the last question, ssh before 10.3 prints each byte beyond ASCII as an octal number.
        let is_plain = is_refused && self.is_sshd();
        self.show(if is_refused { Words::Password } else { Words::Local }, is_plain);
    }

    /// As [`tell`](Self::tell), for account management, where a login by key alone arrives. The text does not mention a
    /// password, and it is not shown to a person who has just seen that of `authenticate`. A local user whom sshd lets in does not
    /// see it: sshd calls this in another process than `authenticate`, and shows the text before and after the login.
    pub(crate) fn tell_once(&self, is_refused: bool) {
        let was_told = WAS_TOLD.swap(false, Ordering::Relaxed);
        if is_refused && !was_told {
            self.show(Words::Key, false);
        } else if !is_refused && !was_told && !self.is_sshd() {
            self.show(Words::Local, false);
        }
    }

    fn is_sshd(&self) -> bool {
        self.pam.is_at_tty(b"ssh")
    }

    fn show(&self, words: Words, is_plain: bool) {
        let language = language::of_process().unwrap_or_default();
        let is_chinese = ["zh", "zh-CN", "zh-SG"].contains(&&*language) || language.starts_with("zh-Hans");
        let is_chinese = is_chinese && !is_plain;
        let text = match (words, is_chinese) {
            (Words::Password, false) => REFUSED,
            (Words::Password, true) => REFUSED_IN_CHINESE,
            (Words::Key, false) => REFUSED_KEY,
            (Words::Key, true) => REFUSED_KEY_IN_CHINESE,
            (Words::Local, false) => LOCAL,
            (Words::Local, true) => LOCAL_IN_CHINESE,
        };
        prompter::show(self.pam, Tone::Error, text);
    }

    /// Leaves a local user to the other modules, as posternd would.
    pub(crate) fn left_to_others(&self, user: &str) -> PamError {
        let user = log_value(user.as_bytes());
        self.journal.error(&format!("cannot decide: {}; left to other modules: local user={user}", self.why));
        PamError::IGNORE
    }
}

/// Forgets the outage of an earlier attempt.
pub(crate) fn forget() {
    WAS_TOLD.store(false, Ordering::Relaxed);
}

#[derive(Clone, Copy)]
enum Words {
    /// Refused after a password may have been asked for.
    Password,
    /// Refused, and Postern asked for no password.
    Key,
    /// Left to the other modules.
    Local,
}

/// Whether `authenticate` told the person. In a host with concurrent logins a line may be shown twice or not at all
/// because of it.
static WAS_TOLD: AtomicBool = AtomicBool::new(false);

const REFUSED: &str =
    "Two-step login is out of order on this host just now. Your password may be right: try again later.";
const REFUSED_KEY: &str = "Two-step login is out of order on this host just now. Try again later.";
const LOCAL: &str = "Two-step login is out of order on this host just now. It is not needed for local users.";
const REFUSED_IN_CHINESE: &str = "本机的二次验证暂时出现故障。您的密码可能是正确的，请稍后再试。";
const REFUSED_KEY_IN_CHINESE: &str = "本机的二次验证暂时出现故障，请稍后再试。";
const LOCAL_IN_CHINESE: &str = "本机的二次验证暂时出现故障，本地用户不受影响。";
