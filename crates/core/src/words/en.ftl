# Every phrase that Postern says to people. One line of a phrase is one line on the screen.
# The sign ␣ stands for a space at the beginning or the end of a line.

password = Password:␣
password-for-change = Main password of { $account }:␣
login-failed = Login failed.
not-changed = Nothing was changed.
main-password-wrong = That is not your main password.
main-passwords-limited = Too many wrong main passwords. Try again later.
too-many-waiting = Too many of your logins and changes are waiting for an answer. Finish one of them, or try again in a moment.

no-account-of-yours = No account here has the name { $name } or the user number { $uid }. Ask your administrator.
account-spelled-differently = The directory spells your name { $name } differently from this host. Ask your administrator to make them the same.
uid-of-another-account = Your user number { $uid } belongs to an account whose name is not { $name }. Ask your administrator to make them the same.
account-left-out = The account { $name } may not log in here. Ask your administrator why.
account-without-uid = The account { $name } has no user number, or one that is not a plain number. Ask your administrator to correct it.
account-with-other-uid = The account { $name } has another user number than yours, which is { $uid }. Ask your administrator to make them the same.
no-such-user = This host has no user { $name }.
no-user-of-uid = This host has no name for your user number { $uid }. Ask your administrator.
account-disabled = The account { $name } is disabled.
account-expired = The account { $name } has expired.

factors-to-choose-from = Your second factors:
factor-to-choose = { $number }. { $label }
code = Code from { $label }:␣
code-or-number = Code from { $label }, or a number from the list:␣
not-in-list = That is not in the list.
recovery-code = Recovery code:␣
code-wrong = That code is wrong, or was used before.
code-unreadable = That is not a code. A code has 6 or 8 digits, a recovery code has 20 letters and digits.
password-typed = That is your password, and did not count as a code. Type the code here.
name-typed = That is your user name, and did not count as a code. Type the code here.
code-too-early = Codes are not taken just now. Wait { $seconds } seconds, then type the code that is shown.
recovery-codes-not-now = Recovery codes cannot be accepted right now, because the server cannot mark them as used. Try again later.
codes-limited = Too many wrong codes. Try again in { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}.
factor-locked = Too many wrong codes. An administrator has to unlock your second factor.
recovery-codes-kept = Recovery codes left: { $count }
no-recovery-codes = You have no recovery codes, which let you in if you lose your second factor. Make some: postern my recovery-codes
offer-recovery-codes = Make recovery codes now, in case you lose your second factor? [y/N]␣
recovery-codes-noted = Press Enter once you have them on paper:␣
recovery-codes-left = { $count ->
    [0] That was your last recovery code. Make new ones with: postern my recovery-codes
    [one] You have one recovery code left.
   *[other] You have { $count } recovery codes left.
}
trust-device = { $days ->
    [one] Skip the second factor for 1 day when you log in from this device? [y/N]␣
   *[other] Skip the second factor for { $days } days when you log in from this device? [y/N]␣
}

enrolment-needed = Besides your password you need a second factor here, such as codes from an app. You have none yet, so set one up now.
enrolment-time = You have { $wait } for this. Need longer? Log in again: what you have set up by then is kept.
time-is-up = That took too long for this login. Log in again.
time-is-up-bound = That took too long for this login, but the second factor is set up. Log in again, with its code.
enrolment-refused = You need a second factor here and have none. Ask your administrator for one.
ticket = Ticket from your administrator:␣
ticket-unreadable = That is not a ticket. A ticket has 20 letters and digits.
qr-too-large = (The QR code does not fit on this terminal. Type the key into the app instead.)
qr-too-large-to-bind = (The QR code does not fit on this terminal. Open the address above on your phone instead.)
qr-too-large-to-approve = (The QR code does not fit on this terminal. Open { $page } on your phone instead.)
scan-this = Scan this with your authenticator app:
secret-as-text = Or type this key into it: { $secret }
secret-shape = (time-based, { $algorithm }, { $digits } digits, { $seconds } seconds)
first-code = Code that the app shows:␣
first-code-wrong = That is not the code of this key. Type the one that the app shows now. Refused again? Check that the phone's clock is right.
factor-bound-totp = { $label } is set up. From now on you will be asked for the code that it shows.
factor-bound-passkey = { $label } is set up. From now on your browser asks for it. It works in browsers only: for ssh and the like, set up another way, too.
factor-bound-phone = { $label } is set up. From now on you approve logins on it, or type the code that it shows.
factor-bound-sent = { $label } is set up. From now on codes can be sent to { $to }.
mail-needs-app-passwords = Your mail programs now need app passwords instead of your main password, one for each program. Create them: { $how }
too-many-factors = You already have { $count } second factors, the most allowed. Remove one first: postern my remove
factors-bound = Your second factors:
factor-listed = { $id }  { $label } ({ kind-purpose }{ $to ->
    [none] {""}
   *[other] ␣to { $to }
}, since { $created })
factor-listed-locked = { factor-listed }: locked after too many wrong codes
no-factor = You have no second factor.
no-factor-of-kind = You have no second factor of that kind.
which-factor = Which one (its id)?␣
no-such-factor = You have no second factor with the id { $id }.
last-factor-stays = This is your last second factor, and you need one here. You can replace it: postern my replace
factor-removed = { $label } has been removed.
factor-replaced = The old { $label } no longer works here. Use the one that you have just set up.
no-factor-left = You have no second factor left. Mail programs may use your main password if your administrator allows it.

new-recovery-codes = { $count } recovery codes. Type one where you are asked for a code; each works once, and earlier ones no longer work. They are shown only once, so write them down or print them:
new-recovery-code = ␣␣␣␣{ $code }
recovery-needs-factor = Recovery codes are for when you lose your second factor, and you have none yet. Set one up first: postern my enrol

app-password-label = What is it for (the mail program's name)?␣
new-app-password = The app password "{ $label }" is shown only once:
app-password = ␣␣␣␣{ $password }
app-password-label-twice = You have another app password called "{ $label }": { $id }….
app-password-use = Type it into the mail program instead of your main password, with or without the spaces. It works for: { $scope }
mail-setting = { $protocol } server: { $host }, port { $port }, { $tls }
mail-user = User name: { $user }
app-password-listed = { $id }…  { $label } ({ $scope }), last used: { $used }{ $expires ->
    [never] {""}
   *[other] , expires: { $expires }
}{ $networks ->
    [any] {""}
   *[other] , only from: { $networks }
}
scope-word = { $scope ->
    [all] all mail services
    [imap] IMAP
    [pop3] POP3
    [smtp] SMTP
    [sieve] mail filters (Sieve)
    [dav] calendars and contacts (DAV)
   *[other] { $scope }
}
list-divider = ,␣
no-app-password = You have no app passwords.
no-such-app-password = You have no valid app password { $id }.
app-password-revoked = The app password "{ $label }" has been revoked.
which-app-password = Which one (its first four characters)?␣
too-many-app-passwords = You already have { $count } app passwords, the most allowed. Revoke one first: postern my app-passwords revoke
bad-label = A name has 1 to 64 characters, and neither begins nor ends with a space.
bad-scope = "{ $given }" is not a list of imap, pop3, smtp, sieve and dav, and not "all".
bad-expiry = "{ $given }" is not a time such as 2027-01-31T00:00:00Z.
expiry-in-the-past = That time has passed already.
bad-networks = "{ $given }" is not a list of networks such as 192.0.2.0/24 or 2001:db8::/32.
bad-argument = { $name }: { $problem }
never-used = never

device-listed = { $id }  { $name }, since { $since }, until { $until }
no-device = You have no trusted devices.
no-such-device = You have no trusted device { $id }.
device-revoked = No longer trusted: { $name }.
which-device = Which one (its id)?␣
session-listed = { $id }  { $name }, logged in { $since }, last used { $used }, until { $until }
session-listed-here = { $id }  { $name } (this browser), logged in { $since }, last used { $used }, until { $until }
no-session = You are logged in with no browser.
no-such-application = There is no application { $name } here. Go back to where you came from and try again.
no-such-session = You are not logged in with a browser { $id }.
session-ended = { $name } is logged out.
which-session = Which one (its id)?␣
login-event-listed = { $time }  { $title }{ $address ->
    [unknown] {""}
   *[other] ␣from { $address }
}{ $credential ->
    [unknown] {""}
   *[other] ␣by { $credential }
}: { $result }{ $count ->
    [1] {""}
   *[other] ␣({ $count } times since { $first })
}
login-event-result = { $result ->
    [accepted] accepted
    [bad_credential] refused: wrong password
    [wrong_code] refused: wrong code, or denied on a phone
    [disabled] refused: the account is disabled
    [expired] refused: expired
    [revoked] refused: the app password is revoked
    [scope] refused: the app password does not open this service
    [network] refused: the app password may not be used from this address
    [use_app_password] refused: the main password does not open this service
    [replayed] refused: the code was used before
    [cancelled] not completed
    [limited] refused: too many wrong attempts
    [locked] refused: locked after too many wrong codes
   *[other] refused: { $result }
}
login-event-result-proved = { login-event-result }, after the right password or key
login-event-credential = { $kind ->
    [app_password] app password
    [main_password] main password
    [recovery_code] recovery code
    [trusted_device] trusted device
   *[other] { kind-name }
}
login-event-credential-named = { login-event-credential } "{ $label }"
login-event-credential-with-id = { login-event-credential } { $id }
no-login-event = No logins are remembered.
no-history = This site does not remember logins.

challenge-listed = { $id }  { $kind ->
    [code] Code
    [approval] Approval on a phone
    [pairing] Setup of a phone
   *[other] { $kind }
}: { $what }, from { $place }, until { $until }
no-challenge = Nothing is waiting for an answer.
which-challenge = Which one (its id)?␣
no-such-challenge = Nothing with the id { $id } is waiting for an answer.
challenge-denied = Denied: { $what }

kinds-to-choose-from = Which second factor do you want to set up?
kind-to-choose = { $number }) { $label }
kind-totp = an authenticator app that shows codes
kind-passkey = a passkey on this device, your phone or a security key
kind-phone = your phone, where you approve logins
kind-email = codes sent to another e-mail address of yours
kind-sms = codes sent by SMS
kind-name = { $kind ->
    [passkey] Passkey
    [totp] Authenticator app
    [phone] Phone
    [email] E-mail
    [sms] SMS
   *[other] { $kind }
}
kind-purpose = { $kind ->
    [passkey] asked for by browsers
    [totp] shows codes
    [phone] approves logins
    [email] codes by e-mail
    [sms] codes by SMS
   *[other] { $kind }
}
which-kind = Your choice (a number):␣
kind-not-here = That kind of second factor is not available here.
which-address = Your backup e-mail address:␣
which-number = Your telephone number with its country code (+44…):␣
bad-address = That is not an e-mail address such as name@example.org.
own-address = That is the mailbox of this account. Give an address elsewhere: anyone who gets into this mailbox could read the codes.
bad-number = That is not a telephone number with its country code, such as +44 20 7946 0123.
number-not-allowed = Codes are not sent to numbers of that country or kind. Give another number, or choose another way.
bound-already = You have already set that one up.
number-taken = That telephone number belongs to another account.
number-claimed = Another user is setting up that telephone number right now. Try again in half a minute.
account-changed-meanwhile = Your account has changed in the meantime, so nothing was done. Please start again.
code-sent = A code is on its way to { $to }. If it does not arrive, press Enter for a new one.
sent-code = Code sent to { $to }:␣
sent-code-to-bind = { sent-code }
sent-code-or-number = Code sent to { $to }, or a number from the list:␣
sending-limited = No code can be sent to { $to } for another { $wait }.
last-code-good = The last code that was sent to { $to } is still good. A new one can be sent in { $wait }.
recovery-codes-work = If you cannot get a code, a recovery code works here, too.
resend = Press Enter to have a code sent:␣
recovery-code-or-resend = Recovery code, or Enter to have a code sent:␣
span-seconds = { $seconds ->
    [one] 1 second
   *[other] { $seconds } seconds
}
span-minutes = { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}
span-hours = { $hours ->
    [one] 1 hour
   *[other] { $hours } hours
}
sending-failed = No code could be sent to { $to }. Choose another way, or try again later.
nothing-sent = Nothing can be sent right now. Choose another way, or use a recovery code.

open-this = On your phone, scan this code or open: { $address }
phone-scanned = Press Enter once the phone shows six digits:␣
phone-not-there = The phone did not respond. Start again.
phone-not-it = The phone is not set up. Start again, and scan the new code.
phone-shows = Does the phone show { $code }? [y/N]␣
create-passkey = Create a passkey in your browser:␣
passkey-not-created = The passkey was not created. Please try again.
use-passkey = Use your passkey in your browser, or type a recovery code:␣
passkey-wrong = The passkey was not accepted. Please try again, or choose another way.
passkey-refused = This passkey is not accepted here. Log in another way, and tell your administrator.
passkeys-in-browser = Your second factor is a passkey, which works in a browser only. Set up another way there for logins like this one.
passkeys-of-other-site = Your second factor is a passkey, which was made for another address of this site. Please ask your administrator.
approve-on-phone = Type { $number } on your phone and approve there, then press Enter here (no request on the phone? s shows a QR code), or type a code:␣
approve-on-phone-or-number = Type { $number } on your phone and approve there, then press Enter here (no request on the phone? s shows a QR code; ? your other second factors), or type a code:␣
approve-by-scan = Scan it, type { $number } on your phone and approve there, then press Enter here, or type a code:␣
approve-by-scan-or-number = Scan it, type { $number } on your phone and approve there, then press Enter here (? shows your other second factors), or type a code:␣
scan-to-approve = Scan this with your phone:
phone-busy = Another login is waiting for your answer on the phone, for up to { $seconds } seconds. Answer that one first, type a code, or choose another way. If it is not yours, choose "This was not me" on the phone.
phone-not-now = Your phone cannot be asked for another { $minutes ->
    [one] minute
   *[other] { $minutes } minutes
}. Type a code, or choose another way.
phone-denied = This login was denied on your phone.
request-denied = This login was denied with "postern my challenges deny", or by an administrator.
phone-wrong-number = The wrong number was typed on the phone. Press Enter to ask the phone again, or type a code.
phone-unanswered = The phone did not respond. Press Enter to ask it again, or type a code.

changed-factor-bound = The second factor "{ $label }" ({ kind-purpose }) was set up.
changed-factor-removed = The second factor "{ $label }" ({ kind-purpose }) was removed.
changed-recovery-codes = New recovery codes were created; earlier ones no longer work.
changed-app-password-created = The app password "{ $label }" was created.
changed-app-password-revoked = The app password "{ $label }" was revoked.
changed-device-trusted = A device is trusted, and its logins skip the second factor for a while: { $name }.
changed-device-revoked = No longer trusted: { $name }.
changed-browser-trust-copied = The browser { $name } is no longer trusted: someone who knows your password logged in with a copy of what makes it trusted, or the browser was set back to an earlier state.
changed-passkey-copied = A login with one of your passkeys was refused: it answered as a copy of it would. If it was not you, remove that passkey and change your main password.
changed-reset = All second factors, recovery codes and trusted devices were removed.
changed-main-password = The main password was changed.
by-administrator = an administrator
phone-refused = That is not possible.
mail-code-subject = Your code for { $what }
mail-code =
    Your code: { $code }

    It is for { $what } (account { $account }), and good for { $minutes ->
        [one] one minute
       *[other] { $minutes } minutes
    }. { $caution }
    { $origin }

    { $advice }
mail-changed-subject = A change to your account { $account }
mail-changed =
    { $what }

    Account: { $account }
    When: { $at }

    If it was not you, someone can log in as you: change your main password, look for ssh keys that are not yours, and tell your administrator.
mail-changed-by =
    { $what }

    Account: { $account }
    When: { $at }
    By: { $by }

    If you did not expect this, ask your administrator.
mail-disowned-subject = Someone tried to log in as { $account }
mail-disowned =
    Someone used the main password or an ssh key of { $account }, and on your phone you answered "This was not me". It was denied.

    What: { $what }
    From: { $place }
    When: { $at }

    Change your main password now, look for ssh keys that are not yours, and tell your administrator.
mail-sms-budget-subject = The budget for codes by SMS
mail-sms-budget =
    { $what }

    When: { $at }

    The budgets are hourly_budget and daily_budget in [courier.sms]; the audit log says which accounts asked. Many new numbers may mean that someone knows many passwords.
sms-budget-near = Four fifths of the { $budget } text messages that this site sends in { $hours ->
    [one] an hour
   *[other] { $hours } hours
} are used up.
sms-budget-used-up = All { $budget } text messages that this site sends in { $hours ->
    [one] an hour
   *[other] { $hours } hours
} are used up. No code is sent by SMS until the budget allows it again.
sms-budget-new-sources = Of the { $budget } text messages that this site sends in { $hours ->
    [one] an hour
   *[other] { $hours } hours
}, those for logins from new places are used up. Logins from places seen before still get their codes.
sms-budget-new-numbers = Of the { $budget } text messages that this site sends in { $hours ->
    [one] an hour
   *[other] { $hours } hours
}, those for numbers that are not set up yet are used up. Logins still get their codes.
sms-code = { $code } is your code for { $what }, good for { $minutes } min. Tell it to no one. If it was not you, someone knows your password: change it.
ring-title = Is this you? { $what }
ring-body = { $account }, from { $place }. Open to answer. If it is not you, choose "This was not me".
unknown-place = an unknown address
by-yourself = you, or someone who knows your password
second-factor-not-asked = This account needs a second factor, and this login did not ask for one. Log in with your password and a code, or ask your administrator.
go-on = Press Enter to log in:␣
which-number-at = Your telephone number (with its country code unless that is { $country }):␣
mail-origin = The request came from { $place }.
mail-origin-administrator = An administrator requested it, on { $place }.
mail-caution = Type it only where you are logging in or making this change yourself; no one will ever ask you for it by phone or mail.
mail-caution-administrator = Tell it only to the administrator who is setting this up with you.
mail-advice-password = If it was not you, someone knows your main password: change it.
mail-advice-ignore = If you did not ask for it, you need not do anything: without the code nothing is set up.
mail-advice-administrator = If you know nothing about it, ask your administrator.
sms-code-to-bind = { $code } is your code for { $what }, good for { $minutes } min. Tell it to no one. If you did not ask for it, ignore it.
sms-code-by-administrator = { $code } is your code for { $what }, good for { $minutes } min. An administrator requested it. Tell it only to them.
sms-signed = { $signature }: { $text }
place-host = the host { $host }
deed-login = { $title } on { $host }
deed-set-up-address = setting up this address
deed-set-up-number = setting up this number
deed-set-up-phone = setting up a phone
deed-set-up-factor = setting up a second factor
deed-replace-factor = replacing a second factor
deed-remove-factor = removing a second factor
deed-recovery-codes = new recovery codes
deed-create-app-password = a new app password
deed-regenerate-app-passwords = replacing app passwords
deed-revoke-app-passwords = revoking app passwords
deed-revoke-devices = removing trusted devices
deed-test = a test of this message
title-sshd = ssh login
title-sudo = sudo
title-su = su
title-login = console login
title-web = browser login
title-imap = IMAP mail login
title-pop3 = POP3 mail login
title-smtp = SMTP mail login
title-sieve = mail filter login
title-other = { $service } login
