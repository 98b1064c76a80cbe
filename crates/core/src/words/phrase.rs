//! Every phrase, declared once.
//!
//! This file is long because one macro call has to name all of them.

use std::fmt;

use super::argument::Argument;
use super::phrase_macro::phrases;

impl fmt::Debug for Phrase<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phrase({})", self.id())
    }
}

phrases! {
    /// Asks for the main password.
    Password "password" {};
    /// Asks for the main password before a change.
    PasswordForChange "password-for-change" { account: text };
    /// The end of every login that was refused.
    LoginFailed "login-failed" {};
    /// The end of a login without a password, by a key alone or where sudo asks for none.
    SecondFactorNotAsked "second-factor-not-asked" {};
    /// The same for a change.
    NotChanged "not-changed" {};
    /// Lets a person read what was said before they are let in.
    GoOn "go-on" {};
    /// Two app passwords of one name.
    AppPasswordLabelTwice "app-password-label-twice" { label: text, id: text };
    /// The main password that a change asked for is not the account's.
    MainPasswordWrong "main-password-wrong" {};
    /// Too many of those.
    MainPasswordsLimited "main-passwords-limited" {};
    /// No place is left for another person of this account, or from where they are, who is waited for.
    TooManyWaiting "too-many-waiting" {};

    /// No account has the user's name or uid.
    NoAccountOfYours "no-account-of-yours" { name: text, uid: text };
    /// The directory has the user's name under another spelling.
    AccountSpelledDifferently "account-spelled-differently" { name: text };
    /// The user's uid is that of an account with another name.
    UidOfAnotherAccount "uid-of-another-account" { name: text, uid: text };
    /// The condition for logins leaves the user's account out.
    AccountLeftOut "account-left-out" { name: text };
    /// The account with the user's name has no uid that could be compared.
    AccountWithoutUid "account-without-uid" { name: text };
    /// The account with the user's name has another uid.
    AccountWithOtherUid "account-with-other-uid" { name: text, uid: text };
    /// The host does not know the user.
    NoSuchUser "no-such-user" { name: text };
    /// The host does not know the user's uid.
    NoUserOfUid "no-user-of-uid" { uid: text };
    /// The user's account is switched off.
    AccountDisabled "account-disabled" { name: text };
    /// The user's account is past its time.
    AccountExpired "account-expired" { name: text };

    /// Begins a list of what can be bound.
    KindsToChooseFrom "kinds-to-choose-from" {};
    /// One of them.
    KindToChoose "kind-to-choose" { number: number, label: text };
    /// Describes the kind `totp` in that list.
    KindTotp "kind-totp" {};
    /// Describes the kind `passkey` in that list.
    KindPasskey "kind-passkey" {};
    /// Describes the kind `phone` in that list.
    KindPhone "kind-phone" {};
    /// Describes the kind `email` in that list.
    KindEmail "kind-email" {};
    /// Describes the kind `sms` in that list.
    KindSms "kind-sms" {};
    /// The default label of a factor: its kind.
    KindName "kind-name" { kind: text };
    /// What a factor of a kind does. Other phrases refer to it.
    KindPurpose "kind-purpose" { kind: text };
    /// Which one.
    WhichKind "which-kind" {};
    /// The site has no courier for it.
    KindNotHere "kind-not-here" {};
    /// Asks for a backup address.
    WhichAddress "which-address" {};
    /// Asks for a telephone number.
    WhichNumber "which-number" {};
    /// The same where numbers of one country are taken without its code.
    WhichNumberAt "which-number-at" { country: text };
    /// Not an address.
    BadAddress "bad-address" {};
    /// The mailbox that the account is for.
    OwnAddress "own-address" {};
    /// Not a number.
    BadNumber "bad-number" {};
    /// A number that the site sends nothing to.
    NumberNotAllowed "number-not-allowed" {};
    /// The account has it.
    BoundAlready "bound-already" {};
    /// Another account has it.
    NumberTaken "number-taken" {};
    /// Another person is binding the same number at this moment.
    NumberClaimed "number-claimed" {};
    /// The account is no longer what it was when the change began.
    ChangedMeanwhile "account-changed-meanwhile" {};
    /// A code is on its way.
    CodeSent "code-sent" { to: text };
    /// Asks for it.
    SentCode "sent-code" { to: text };
    /// The code that shows that an address or number is the person's own.
    SentCodeToBind "sent-code-to-bind" { to: text };
    /// The same, where there are other ways.
    SentCodeOrNumber "sent-code-or-number" { to: text };
    /// No code can be sent yet, and none is there.
    SendingLimited "sending-limited" { to: text, seconds: number, wait: text };
    /// No code can be sent yet, and none is needed.
    LastCodeGood "last-code-good" { to: text, seconds: number, wait: text };
    /// There is another way.
    RecoveryCodesWork "recovery-codes-work" {};
    /// Asks whether to send a code, where nothing else is left.
    Resend "resend" {};
    /// The same, where a recovery code is left.
    RecoveryCodeOrResend "recovery-code-or-resend" {};
    /// A span of time.
    SpanSeconds "span-seconds" { seconds: number };
    /// The same.
    SpanMinutes "span-minutes" { minutes: number };
    /// The same.
    SpanHours "span-hours" { hours: number };
    /// The courier failed.
    SendingFailed "sending-failed" { to: text };
    /// Nothing can be sent at all.
    NothingSent "nothing-sent" {};

    /// Above a QR code that binds a phone: the same as an address.
    OpenThis "open-this" { address: text };
    /// Waits for the phone.
    PhoneScanned "phone-scanned" {};
    /// The phone did not come.
    PhoneNotThere "phone-not-there" {};
    /// It was not this phone, or the codes differ.
    PhoneNotIt "phone-not-it" {};
    /// Six digits that both sides show.
    PhoneShows "phone-shows" { code: text };
    /// Has the browser make a passkey: `options` is what it is asked for, in JSON.
    CreatePasskey "create-passkey" { options: text };
    /// The browser's answer was none that counts.
    PasskeyNotCreated "passkey-not-created" {};
    /// Has the browser ask a passkey to sign: `options` is what it is asked for, in JSON.
    UsePasskey "use-passkey" { options: text };
    /// The browser's answer was none that counts, and the passkey is asked for again.
    PasskeyWrong "passkey-wrong" {};
    /// The passkey answered as a copy would, or for another site.
    PasskeyRefused "passkey-refused" {};
    /// Nothing but passkeys is bound, and this is no browser.
    PasskeysInBrowser "passkeys-in-browser" {};
    /// Nothing but passkeys is bound, and these are other pages than those that they were made for.
    PasskeysOfOtherSite "passkeys-of-other-site" {};
    /// A phone was notified.
    ApproveOnPhone "approve-on-phone" { number: text };
    /// The same, where there are other ways.
    ApproveOnPhoneOrNumber "approve-on-phone-or-number" { number: text };
    /// A phone has to scan.
    ApproveByScan "approve-by-scan" { number: text };
    /// The same, where there are other ways.
    ApproveByScanOrNumber "approve-by-scan-or-number" { number: text };
    /// Above a QR code that opens the page at a challenge.
    ScanToApprove "scan-to-approve" {};
    /// Another login waits for the phone.
    PhoneBusy "phone-busy" { seconds: number };
    /// Phones are left in peace for a while.
    PhoneNotNow "phone-not-now" { minutes: number };
    /// The person refused.
    PhoneDenied "phone-denied" {};
    /// The person refused at a terminal, or an admin did.
    RequestDenied "request-denied" {};
    /// Another number was typed.
    PhoneWrongNumber "phone-wrong-number" {};
    /// No answer came.
    PhoneUnanswered "phone-unanswered" {};

    /// The end of a refused request of the phone page.
    PhoneRefused "phone-refused" {};

    /// What is mailed after a change.
    ChangedFactorBound "changed-factor-bound" { label: text, kind: text };
    /// The same.
    ChangedFactorRemoved "changed-factor-removed" { label: text, kind: text };
    /// The same.
    ChangedRecoveryCodes "changed-recovery-codes" {};
    /// The same.
    ChangedAppPasswordCreated "changed-app-password-created" { label: text };
    /// The same.
    ChangedAppPasswordRevoked "changed-app-password-revoked" { label: text };
    /// The same.
    ChangedDeviceTrusted "changed-device-trusted" { name: text };
    /// The same.
    ChangedDeviceRevoked "changed-device-revoked" { name: text };
    /// The same, because an earlier secret of the browser came back.
    ChangedBrowserTrustCopied "changed-browser-trust-copied" { name: text };
    /// A passkey answered as a copy of it would.
    ChangedPasskeyCopied "changed-passkey-copied" {};
    /// The same, of all of them at once.
    ChangedReset "changed-reset" {};
    /// The same.
    ChangedMainPassword "changed-main-password" {};
    /// Who made the change, where it was not the owner.
    ByAdministrator "by-administrator" {};

    /// One question that waits for an answer.
    ChallengeListed "challenge-listed" { id: text, kind: text, what: text, place: text, until: text };
    /// There is none.
    NoChallenge "no-challenge" {};
    /// Which one is meant.
    WhichChallenge "which-challenge" {};
    /// There is none of that id.
    NoSuchChallenge "no-such-challenge" { id: text };
    /// It was refused.
    ChallengeDenied "challenge-denied" { what: text };

    /// Begins a list of factors to choose from.
    FactorsToChooseFrom "factors-to-choose-from" {};
    /// One of the list.
    FactorToChoose "factor-to-choose" { number: number, label: text };
    /// Asks for a code, where there is one factor.
    Code "code" { label: text };
    /// Asks for a code or another choice.
    CodeOrNumber "code-or-number" { label: text };
    /// What was typed is no number of the list, and too short for a code.
    NotInList "not-in-list" {};
    /// Asks for a recovery code, where nothing else is left.
    RecoveryCode "recovery-code" {};
    /// The code was wrong, spent, or no code at all.
    CodeWrong "code-wrong" {};
    /// What was typed cannot be a code.
    CodeUnreadable "code-unreadable" {};
    /// The main password was typed in the place of a code.
    PasswordTyped "password-typed" {};
    /// The name was typed in the place of a code.
    NameTyped "name-typed" {};
    /// What was typed cannot be a ticket.
    TicketUnreadable "ticket-unreadable" {};
    /// Codes are refused for a moment, as the ledger lost its memory.
    CodeTooEarly "code-too-early" { seconds: number };
    /// A recovery code that cannot be marked as used, as on a full disk.
    RecoveryCodesNotNow "recovery-codes-not-now" {};
    /// No code is looked at for a while.
    CodesLimited "codes-limited" { minutes: number };
    /// The factors are locked.
    FactorLocked "factor-locked" {};
    /// How many recovery codes are there, in a list.
    RecoveryCodesKept "recovery-codes-kept" { count: number };
    /// There are none, in a list.
    NoRecoveryCodes "no-recovery-codes" {};
    /// Offers to make some, after the first factor was set up.
    OfferRecoveryCodes "offer-recovery-codes" {};
    /// Waits until the user has them on paper, where they are shown with the next question only.
    RecoveryCodesNoted "recovery-codes-noted" {};
    /// How many recovery codes are left.
    RecoveryCodesLeft "recovery-codes-left" { count: number };
    /// Asks whether to trust the device.
    TrustDevice "trust-device" { days: number };

    /// Begins a forced enrolment.
    EnrolmentNeeded "enrolment-needed" {};
    /// How much time there is for it.
    EnrolmentTime "enrolment-time" { seconds: number, wait: text };
    /// The last answer came too late.
    TimeIsUp "time-is-up" {};
    /// The same, after a factor was bound.
    TimeIsUpBound "time-is-up-bound" {};
    /// No user can enrol here.
    EnrolmentRefused "enrolment-refused" {};
    /// Asks for the ticket.
    Ticket "ticket" {};
    /// Above the QR code.
    ScanThis "scan-this" {};
    /// In the place of the QR code of a new app that would not fit on the screen.
    QrTooLarge "qr-too-large" {};
    /// The same for the code that binds a phone.
    QrTooLargeToBind "qr-too-large-to-bind" {};
    /// The same for the code that opens the page at a challenge.
    QrTooLargeToApprove "qr-too-large-to-approve" { page: text };
    /// The secret as text.
    SecretAsText "secret-as-text" { secret: text };
    /// What the app has to be told where it is told by hand.
    SecretShape "secret-shape" { algorithm: text, digits: number, seconds: number };
    /// Asks for the first code of a new factor.
    FirstCode "first-code" {};
    /// The first code was wrong.
    FirstCodeWrong "first-code-wrong" {};
    /// An app is bound.
    FactorBoundTotp "factor-bound-totp" { label: text };
    /// A passkey was bound.
    FactorBoundPasskey "factor-bound-passkey" { label: text };
    /// A phone is bound.
    FactorBoundPhone "factor-bound-phone" { label: text };
    /// An address or a number is bound.
    FactorBoundSent "factor-bound-sent" { label: text, to: text };
    /// From now on mail programs need app passwords.
    MailNeedsAppPasswords "mail-needs-app-passwords" { how: text };
    /// The account has as many factors as it may.
    TooManyFactors "too-many-factors" { count: number };
    /// Begins the list of factors.
    FactorsBound "factors-bound" {};
    /// One of them.
    FactorListed "factor-listed" { id: text, label: text, kind: text, to: text, created: text };
    /// One of them that is locked.
    FactorListedLocked "factor-listed-locked" { id: text, label: text, kind: text, to: text, created: text };
    /// None is bound.
    NoFactor "no-factor" {};
    /// None of that kind is bound.
    NoFactorOfKind "no-factor-of-kind" {};
    /// Which factor?
    WhichFactor "which-factor" {};
    /// There is no such factor.
    NoSuchFactor "no-such-factor" { id: text };
    /// The last one has to stay.
    LastFactorStays "last-factor-stays" {};
    /// The factor is gone.
    FactorRemoved "factor-removed" { label: text };
    /// Another one took the place of that factor.
    FactorReplaced "factor-replaced" { label: text };
    /// Mail programs may use the main password again.
    NoFactorLeft "no-factor-left" {};

    /// Above new recovery codes.
    NewRecoveryCodes "new-recovery-codes" { count: number };
    /// One of the new recovery codes.
    NewRecoveryCode "new-recovery-code" { code: text };
    /// A recovery code stands for a factor, and there is none.
    RecoveryNeedsFactor "recovery-needs-factor" {};

    /// Asks for the name of an app password.
    AppPasswordLabel "app-password-label" {};
    /// A new app password follows.
    NewAppPassword "new-app-password" { label: text };
    /// The new app password itself.
    AppPassword "app-password" { password: text };
    /// How to use it.
    AppPasswordUse "app-password-use" { scope: text };
    /// A setting of a mail program.
    MailSetting "mail-setting" { protocol: text, host: text, port: number, tls: text };
    /// The user name of a mail program.
    MailUser "mail-user" { user: text };
    /// One of the app passwords.
    AppPasswordListed "app-password-listed" { id: text, label: text, scope: text, used: text, expires: text, networks: text };
    /// The scope of an app password, as a list of these words: one of them, or `all`.
    ScopeWord "scope-word" { scope: text };
    /// Divides a list of words.
    ListDivider "list-divider" {};
    /// There is none.
    NoAppPassword "no-app-password" {};
    /// There is no such app password in force.
    NoSuchAppPassword "no-such-app-password" { id: text };
    /// It is revoked.
    AppPasswordRevoked "app-password-revoked" { label: text };
    /// Which app password?
    WhichAppPassword "which-app-password" {};
    /// As many as there may be.
    TooManyAppPasswords "too-many-app-passwords" { count: number };
    /// Cannot be the name of an app password or a factor.
    BadLabel "bad-label" {};
    /// Cannot be the scope of an app password.
    BadScope "bad-scope" { given: text };
    /// Cannot be the end of an app password.
    BadExpiry "bad-expiry" { given: text };
    /// Would be the end of an app password, and is over.
    ExpiryInThePast "expiry-in-the-past" {};
    /// One of these is no network.
    BadNetworks "bad-networks" { given: text };
    /// An argument that no user types, but a program.
    BadArgument "bad-argument" { name: text, problem: text };
    /// Not used yet.
    NeverUsed "never-used" {};

    /// One of the trusted devices.
    DeviceListed "device-listed" { id: text, name: text, since: text, until: text };
    /// There is none.
    NoDevice "no-device" {};
    /// There is no such device.
    NoSuchDevice "no-such-device" { id: text };
    /// It is no longer trusted.
    DeviceRevoked "device-revoked" { name: text };
    /// Which device?
    WhichDevice "which-device" {};

    /// One of the browsers that are signed in.
    SessionListed "session-listed" { id: text, name: text, since: text, used: text, until: text };
    /// The same, of the browser that asks.
    SessionListedHere "session-listed-here" { id: text, name: text, since: text, used: text, until: text };
    /// There is none.
    NoSession "no-session" {};
    /// There is no such one.
    NoSuchApplication "no-such-application" { name: text };
    NoSuchSession "no-such-session" { id: text };
    /// It is signed out.
    SessionEnded "session-ended" { name: text };
    /// Which one?
    WhichSession "which-session" {};

    /// Logins of the account that were alike.
    LoginEventListed "login-event-listed" { time: text, title: text, address: text, result: text, credential: text, count: number, first: text };
    /// How they ended, in that line: `accepted`, the reason of a refusal, or `wrong_code` for a second factor that was wrong or denied.
    LoginEventResult "login-event-result" { result: text };
    /// The same, where the first factor was right.
    LoginEventResultProved "login-event-result-proved" { result: text };
    /// What they were decided by.
    LoginEventCredential "login-event-credential" { kind: text };
    /// The same with its name.
    LoginEventCredentialNamed "login-event-credential-named" { kind: text, label: text };
    /// The same with its id, where the name is gone.
    LoginEventCredentialWithId "login-event-credential-with-id" { kind: text, id: text };
    /// There is none.
    NoLoginEvent "no-login-event" {};
    /// The site remembers none.
    NoHistory "no-history" {};

    /// The subject of a mail with a code.
    MailCodeSubject "mail-code-subject" { what: text };
    /// Its text.
    MailCode "mail-code" { code: text, minutes: number, account: text, what: text, origin: text, caution: text, advice: text };
    /// Where the request comes from, in that text.
    MailOrigin "mail-origin" { place: text };
    /// The same for a command of an admin.
    MailOriginAdministrator "mail-origin-administrator" { place: text };
    /// To whom the code may be told, in that text.
    MailCaution "mail-caution" {};
    /// The same for a code that a command of an admin sent.
    MailCautionAdministrator "mail-caution-administrator" {};
    /// What to do after a surprise, in that text: the main password was given.
    MailAdvicePassword "mail-advice-password" {};
    /// The same if the reader may have nothing to do with the account.
    MailAdviceIgnore "mail-advice-ignore" {};
    /// The same for a command of an admin.
    MailAdviceAdministrator "mail-advice-administrator" {};
    /// The subject of a mail about a change.
    MailChangedSubject "mail-changed-subject" { account: text };
    /// Its text.
    MailChanged "mail-changed" { account: text, what: text, at: text };
    /// Its text if an admin changed it.
    MailChangedBy "mail-changed-by" { account: text, what: text, at: text, by: text };
    /// The subject of a mail about a login that its owner disowned.
    MailDisownedSubject "mail-disowned-subject" { account: text };
    /// Its text.
    MailDisowned "mail-disowned" { account: text, what: text, place: text, at: text };
    /// The subject of a mail about the budget for text messages.
    MailSmsBudgetSubject "mail-sms-budget-subject" {};
    /// Its text.
    MailSmsBudget "mail-sms-budget" { what: text, at: text };
    /// What it is about: most of it is used up.
    SmsBudgetNear "sms-budget-near" { budget: number, hours: number };
    /// All of it is.
    SmsBudgetUsedUp "sms-budget-used-up" { budget: number, hours: number };
    /// The part that logins from new sources may use is.
    SmsBudgetNewSources "sms-budget-new-sources" { budget: number, hours: number };
    /// The part that numbers may use that are not bound yet is.
    SmsBudgetNewNumbers "sms-budget-new-numbers" { budget: number, hours: number };
    /// A text message with a code: one segment.
    SmsCode "sms-code" { code: text, minutes: number, what: text };
    /// The same to a telephone that is to be bound.
    SmsCodeToBind "sms-code-to-bind" { code: text, minutes: number, what: text };
    /// The same for a command of an admin.
    SmsCodeByAdministrator "sms-code-by-administrator" { code: text, minutes: number, what: text };
    /// A text message that begins with the sender's name.
    SmsSigned "sms-signed" { signature: text, text: text };
    /// Above what a phone shows when it is notified.
    PushTitle "ring-title" { what: text };
    /// What it says.
    PushBody "ring-body" { account: text, place: text };
    /// Replaces an unknown address.
    UnknownPlace "unknown-place" {};
    /// Replaces an address where the person is at the host itself.
    PlaceHost "place-host" { host: text };
    /// What a login is called in messages.
    DeedLogin "deed-login" { title: text, host: text };
    /// What a change is called in messages.
    DeedSetUpAddress "deed-set-up-address" {};
    /// The same.
    DeedSetUpNumber "deed-set-up-number" {};
    /// The same.
    DeedSetUpPhone "deed-set-up-phone" {};
    /// The same.
    DeedSetUpFactor "deed-set-up-factor" {};
    /// The same.
    DeedReplaceFactor "deed-replace-factor" {};
    /// The same.
    DeedRemoveFactor "deed-remove-factor" {};
    /// The same.
    DeedRecoveryCodes "deed-recovery-codes" {};
    /// The same.
    DeedCreateAppPassword "deed-create-app-password" {};
    /// The same.
    DeedRegenerateAppPasswords "deed-regenerate-app-passwords" {};
    /// The same.
    DeedRevokeAppPasswords "deed-revoke-app-passwords" {};
    /// The same.
    DeedRevokeDevices "deed-revoke-devices" {};
    /// A test message of an admin.
    DeedTest "deed-test" {};
    /// What a login at a predefined service is called.
    TitleSshd "title-sshd" {};
    /// The same.
    TitleSudo "title-sudo" {};
    /// The same.
    TitleSu "title-su" {};
    /// The same.
    TitleLogin "title-login" {};
    /// The same.
    TitleWeb "title-web" {};
    /// The same.
    TitleImap "title-imap" {};
    /// The same.
    TitlePop3 "title-pop3" {};
    /// The same.
    TitleSmtp "title-smtp" {};
    /// The same.
    TitleSieve "title-sieve" {};
    /// The same at any other service.
    TitleOther "title-other" { service: text };
    /// Stands for who changed something, where it was the person.
    ByYourself "by-yourself" {};
}
