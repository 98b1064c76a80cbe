use crate::exchange::details::NOT_A_PASSWORD;
use crate::exchange::stop::Stop;
use crate::verdict::Reason;

/// An answer that cannot be a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum UnusablePassword {
    /// Typed or pasted, for example with a tab in it. It guesses nothing.
    Typed,
    /// The junk that sshd sends in place of each answer of a user whom it will not let in. The user may have guessed.
    SshdJunk,
}

impl UnusablePassword {
    pub(super) fn of(answer: &str) -> Self {
        // It is as long as what was typed (OpenSSH's auth-pam.c, fake_password).
        let is_junk = answer.bytes().zip(SSHD_JUNK.iter().cycle()).all(|(byte, junk)| byte == *junk);
        if is_junk { Self::SshdJunk } else { Self::Typed }
    }

    pub(super) fn refusal(self) -> Stop {
        match self {
            Self::Typed => Stop::explained(Reason::BadCredential, NOT_A_PASSWORD),
            Self::SshdJunk => Stop::reject(Reason::BadCredential),
        }
    }
}

const SSHD_JUNK: &[u8] = b"\x08\n\r\x7fINCORRECT";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_of_sshd_is_told_from_what_a_person_pastes() {
        for junk in ["\u{8}", "\u{8}\n\r\u{7f}INC", "\u{8}\n\r\u{7f}INCORRECT\u{8}\n\r\u{7f}I"] {
            assert_eq!(UnusablePassword::of(junk), UnusablePassword::SshdJunk, "{junk:?}");
        }
        for typed in ["a password\t", "\n", "\u{8}a", "\u{8}\n\r\u{7f}INCORRECT!"] {
            assert_eq!(UnusablePassword::of(typed), UnusablePassword::Typed, "{typed:?}");
        }
    }
}
