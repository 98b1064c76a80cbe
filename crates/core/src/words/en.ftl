# Every phrase that Postern says to people. One line of a phrase is one line on the screen.
# The sign ␣ stands for the space at the end of a prompt.

password = Password:␣
password-for-change = Main password of { $account }:␣
login-failed = Login failed.
not-changed = Nothing was changed.

factors-to-choose-from = Your second factors:
factor-to-choose = { $number }. { $label }
code = Code from { $label }:␣
code-or-number = Code from { $label }, or the number of another factor:␣
recovery-code = Recovery code:␣
code-wrong = That code is wrong, or was used before.
code-too-early = Codes are not taken just now. Wait { $seconds } seconds, then type the code that is shown.
codes-limited = Too many wrong codes. Try again in { $minutes } minutes.
factor-locked = Too many wrong codes. An administrator has to unlock your second factor.
recovery-codes-kept = Recovery codes that are left: { $count }
recovery-codes-left = { $count ->
    [0] That was your last recovery code. Make new ones with: postern my recovery-codes
    [one] You have one recovery code left.
   *[other] You have { $count } recovery codes left.
}
trust-device = { $days ->
    [one] Trust this device for 1 day? [y/N]␣
   *[other] Trust this device for { $days } days? [y/N]␣
}

enrolment-needed = A second factor is needed here, and you have none yet. Set one up now.
enrolment-refused = A second factor is needed here, and you have none. Ask your administrator for one.
ticket = Ticket from your administrator:␣
scan-this = Scan this with your authenticator app:
secret-as-text = Or type this key into it: { $secret }
secret-shape = (time based, { $algorithm }, { $digits } digits, { $seconds } seconds)
first-code = Code that the app shows:␣
first-code-wrong = That is not the code of this key. Is the phone's clock right?
factor-bound = { $label } is set up. From now on you are asked for its code.
mail-needs-app-passwords = Mail programs now need app passwords in the place of your main password: postern my app-passwords create
too-many-factors = You have { $count } second factors, which is as many as you may. Remove one first.
factors-bound = Your second factors:
factor-listed = { $id }  { $label } ({ $kind }, since { $created })
factor-listed-locked = { $id }  { $label } ({ $kind }, since { $created }) is locked after too many wrong codes
no-factor = You have no second factor.
which-factor = Which one (its id)?␣
no-such-factor = You have no second factor { $id }.
last-factor-stays = A second factor is needed here, so the last one can be replaced but not removed.
factor-removed = { $label } is removed.
no-factor-left = You have no second factor left; mail programs may use your main password where your administrator permits it.

new-recovery-codes = { $count } recovery codes, each good for one login. Earlier ones are no longer good. They are shown this once; print them:
recovery-needs-factor = Recovery codes stand for a second factor, and you have none. Set one up first: postern my enrol

app-password-label = What is it for (the mail program's name)?␣
new-app-password = The app password "{ $label }" is shown this once:
app-password-use = Type it into the mail program in the place of your main password, with or without the spaces. It opens: { $scope }
mail-setting = { $protocol }: { $host }, port { $port }, TLS { $tls }
mail-user = User name: { $user }
app-password-listed = { $id }…  { $label } ({ $scope }), last used: { $used }
no-app-password = You have no app password.
no-such-app-password = You have no app password { $id } in force.
app-password-revoked = The app password "{ $label }" is revoked.
which-app-password = Which one (its first four characters)?␣
too-many-app-passwords = You have { $count } app passwords, which is as many as you may. Revoke one first.
bad-argument = { $name }: { $problem }
never-used = never

device-listed = { $id }  { $name }, until { $until }
no-device = You trust no device.
no-such-device = You trust no device { $id }.
device-revoked = { $name } is no longer trusted.
which-device = Which one (its id)?␣

challenge-listed = { $id }  { $kind } for { $service } from { $rhost }, until { $until }
no-challenge = Nothing waits for an answer.
which-challenge = Which one (its id)?␣
no-such-challenge = Nothing with the id { $id } waits for an answer.
challenge-denied = The login to { $service } is refused.
