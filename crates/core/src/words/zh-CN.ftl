# Postern 对用户说的每一句话。一行就是屏幕上的一行。
# ␣ 表示行首或行末的空格。

password = 密码：␣
password-for-change = { $account } 的主密码：␣
login-failed = 登录失败。
not-changed = 未作任何更改。
main-password-wrong = 主密码不正确。
main-passwords-limited = 主密码错误次数过多，请稍后再试。
too-many-waiting = 您同时有过多的登录或更改尚未完成。请先完成其中一个，或稍等片刻再试。

no-account-of-yours = 这里没有名为 { $name } 或用户编号为 { $uid } 的账户。请联系管理员。
account-spelled-differently = 目录中您的用户名 { $name } 与本机上的写法不同。请联系管理员改为一致。
uid-of-another-account = 您的用户编号 { $uid } 属于另一个账户，其用户名不是 { $name }。请联系管理员改为一致。
account-left-out = 账户 { $name } 不在允许登录的范围内。请联系管理员。
account-without-uid = 账户 { $name } 没有用户编号，或其编号无效。请联系管理员更正。
account-with-other-uid = 账户 { $name } 的用户编号与您的编号 { $uid } 不同。请联系管理员改为一致。
no-such-user = 本机没有用户 { $name }。
no-user-of-uid = 本机没有与您的用户编号 { $uid } 对应的用户名。请联系管理员。
account-disabled = 账户 { $name } 已被停用。
account-expired = 账户 { $name } 已过期。

factors-to-choose-from = 您的二次验证方式：
factor-to-choose = { $number }. { $label }
code = 请输入“{ $label }”的验证码：␣
code-or-number = 请输入“{ $label }”的验证码，或列表中的序号：␣
not-in-list = 列表中没有这一项。
recovery-code = 恢复码：␣
code-wrong = 验证码错误，或已被使用。
code-unreadable = 这不是验证码。验证码为 6 位或 8 位数字，恢复码为 20 个字母和数字。
password-typed = 您输入的是密码，本次输入未作为验证码处理。请在此输入验证码。
name-typed = 您输入的是用户名，本次输入未作为验证码处理。请在此输入验证码。
code-too-early = 暂时无法接受验证码。请等待 { $seconds } 秒，再输入届时显示的验证码。
recovery-codes-not-now = 暂时无法接受恢复码：服务器现在无法记录恢复码已被使用。请稍后再试。
codes-limited = 验证码错误次数过多，请在 { $minutes } 分钟后重试。
factor-locked = 验证码错误次数过多，您的二次验证方式已被锁定。请联系管理员解锁。
recovery-codes-kept = 剩余恢复码：{ $count }
no-recovery-codes = 您没有恢复码。无法使用二次验证时，可凭恢复码登录。生成命令：postern my recovery-codes
offer-recovery-codes = 是否现在生成恢复码？无法使用二次验证时可凭恢复码登录。[y/N]␣
recovery-codes-noted = 抄写或打印完毕后，请按回车键：␣
recovery-codes-left = { $count ->
    [0] 这是您的最后一个恢复码。请用 postern my recovery-codes 生成新的恢复码。
   *[other] 您还剩 { $count } 个恢复码。
}
trust-device = { $days } 天内从当前设备登录免二次验证？[y/N]␣

enrolment-needed = 登录这里除密码外还需要二次验证（例如应用显示的验证码）。您尚未绑定任何验证方式，请现在绑定。
enrolment-time = 请在 { $wait }内完成。如果时间不够，请重新登录：已绑定的验证方式会保留。
time-is-up = 本次登录已超时，请重新登录。
time-is-up-bound = 本次登录已超时，但二次验证方式已绑定成功。请重新登录，并使用该方式验证。
enrolment-refused = 此处登录需要二次验证，而您尚未绑定二次验证方式。请联系管理员。
ticket = 管理员给您的一次性凭据：␣
ticket-unreadable = 这不是一次性凭据。一次性凭据为 20 个字母和数字。
qr-too-large = （此终端显示不下二维码，请在应用中手动输入密钥。）
qr-too-large-to-bind = （此终端显示不下二维码，请在手机上打开上面的地址。）
qr-too-large-to-approve = （此终端显示不下二维码，请在手机上打开 { $page }。）
scan-this = 请用身份验证器应用扫描此二维码：
secret-as-text = 或者在应用中手动输入此密钥：{ $secret }
secret-shape = （基于时间，{ $algorithm }，{ $digits } 位，{ $seconds } 秒）
first-code = 应用显示的验证码：␣
first-code-wrong = 验证码与此密钥不符。请输入应用当前显示的验证码。如仍不正确，请检查手机时间是否准确。
factor-bound-totp = “{ $label }”已绑定。今后登录时会要求输入它显示的验证码。
factor-bound-passkey = “{ $label }”已绑定。今后在浏览器中登录时可使用它验证。它仅限浏览器使用，如需 ssh 等方式登录，请另外绑定其他验证方式。
factor-bound-phone = “{ $label }”已绑定。今后请在手机上批准登录，或输入手机显示的验证码。
factor-bound-sent = “{ $label }”已绑定。今后登录时可向 { $to } 发送验证码。
mail-needs-app-passwords = 从现在起，每个邮件客户端都需要使用各自的专用密码，不能再使用主密码。创建方法：{ $how }
too-many-factors = 您已有 { $count } 个二次验证方式，已达上限。请先解绑一个：postern my remove
factors-bound = 您的二次验证方式：
factor-listed = { $id }  { $label }（{ kind-purpose }{ $to ->
    [none] {""}
   *[other] ，发送至 { $to }
}，绑定于 { $created }）
factor-listed-locked = { factor-listed }：因错误次数过多已被锁定
no-factor = 您没有绑定二次验证方式。
no-factor-of-kind = 您没有绑定这一种二次验证方式。
which-factor = 请输入编号：␣
no-such-factor = 没有编号为 { $id } 的二次验证方式。
last-factor-stays = 此处需要二次验证，最后一个二次验证方式不能解绑，只能更换：postern my replace
factor-removed = “{ $label }”已解绑。
factor-replaced = 旧的“{ $label }”已解绑，请改用刚才绑定的。
no-factor-left = 您已没有二次验证方式。如果管理员允许，邮件客户端可以使用主密码。

new-recovery-codes = 以下 { $count } 个恢复码只显示这一次，请抄写或打印。登录时可代替验证码输入，每个只能使用一次，旧恢复码已失效：
new-recovery-code = ␣␣␣␣{ $code }
recovery-needs-factor = 恢复码用于代替二次验证，而您尚未绑定二次验证方式。请先绑定：postern my enrol

app-password-label = 用途（邮件客户端名称）：␣
new-app-password = 专用密码“{ $label }”只显示这一次：
app-password = ␣␣␣␣{ $password }
app-password-label-twice = 您已有另一个名为“{ $label }”的专用密码：{ $id }…。
app-password-use = 请在邮件客户端中用它代替主密码，空格可有可无。可用于：{ $scope }
mail-setting = { $protocol } 服务器：{ $host }，端口 { $port }，{ $tls }
mail-user = 用户名：{ $user }
app-password-listed = { $id }…  { $label }（{ $scope }），最近使用：{ $used }{ $expires ->
    [never] {""}
   *[other] ，有效期至：{ $expires }
}{ $networks ->
    [any] {""}
   *[other] ，仅限来自：{ $networks }
}
scope-word = { $scope ->
    [all] 所有邮件服务
    [imap] IMAP
    [pop3] POP3
    [smtp] SMTP
    [sieve] 邮件过滤规则（Sieve）
    [dav] 日历和通讯录（DAV）
   *[other] { $scope }
}
list-divider = 、
no-app-password = 您没有专用密码。
no-such-app-password = 没有有效的专用密码 { $id }。
app-password-revoked = 专用密码“{ $label }”已撤销。
which-app-password = 请输入专用密码的前四个字符：␣
too-many-app-passwords = 您已有 { $count } 个专用密码，已达上限。请先撤销一个：postern my app-passwords revoke
bad-label = 名称须为 1 至 64 个字符，首尾不能有空格。
bad-scope = “{ $given }”不是由 imap、pop3、smtp、sieve、dav 组成的列表，也不是 all。
bad-expiry = “{ $given }”不是时间，例如 2027-01-31T00:00:00Z。
expiry-in-the-past = 该时间已经过去。
bad-networks = “{ $given }”不是网络地址列表，例如 192.0.2.0/24 或 2001:db8::/32。
bad-argument = { $name }：{ $problem }
never-used = 从未

device-listed = { $id }  { $name }，自 { $since } 起受信任，有效期至 { $until }
no-device = 您没有受信任设备。
no-such-device = 没有编号为 { $id } 的受信任设备。
device-revoked = { $name } 不再是受信任设备。
which-device = 请输入编号：␣
session-listed = { $id }  { $name }，登录于 { $since }，最近使用 { $used }，有效期至 { $until }
session-listed-here = { $id }  { $name }（当前浏览器），登录于 { $since }，最近使用 { $used }，有效期至 { $until }
no-session = 没有已登录的浏览器。
no-such-application = 这里没有名为 { $name } 的应用。请返回原页面后重试。
no-such-session = 没有编号为 { $id } 的已登录浏览器。
session-ended = { $name } 已退出登录。
which-session = 请输入编号：␣
login-event-listed = { $time }  { $title }{ $address ->
    [unknown] {""}
   *[other] ，来自 { $address }
}{ $credential ->
    [unknown] {""}
   *[other] ，使用{ $credential }
}：{ $result }{ $count ->
    [1] {""}
   *[other] （自 { $first } 起共 { $count } 次）
}
login-event-result = { $result ->
    [accepted] 成功
    [bad_credential] 被拒绝，密码错误
    [wrong_code] 被拒绝，验证码错误或手机上未批准
    [disabled] 被拒绝，账户已停用
    [expired] 被拒绝，已过期
    [revoked] 被拒绝，专用密码已撤销
    [scope] 被拒绝，专用密码不能用于此服务
    [network] 被拒绝，专用密码不能从此地址使用
    [use_app_password] 被拒绝，主密码不能用于此服务
    [replayed] 被拒绝，验证码已使用过
    [cancelled] 登录未完成
    [limited] 被拒绝，错误次数过多
    [locked] 被拒绝，因验证码错误次数过多已锁定
   *[other] 被拒绝：{ $result }
}
login-event-result-proved = { login-event-result }（密码或密钥正确）
login-event-credential = { $kind ->
    [app_password] 专用密码
    [main_password] 主密码
    [recovery_code] 恢复码
    [trusted_device] 受信任设备
   *[other] { kind-name }
}
login-event-credential-named = { login-event-credential }“{ $label }”
login-event-credential-with-id = { login-event-credential } { $id }
no-login-event = 没有登录记录。
no-history = 本站点不保存登录记录。

challenge-listed = { $id }  { $kind ->
    [code] 验证码
    [approval] 手机批准
    [pairing] 绑定手机
   *[other] { $kind }
}：{ $what }，来自 { $place }，有效期至 { $until }
no-challenge = 暂无待确认的登录。
which-challenge = 请输入编号：␣
no-such-challenge = 没有编号为 { $id } 的登录请求。
challenge-denied = 已拒绝：{ $what }

kinds-to-choose-from = 您要绑定哪一种二次验证方式？
kind-to-choose = { $number }) { $label }
kind-totp = 身份验证器应用（需在手机上安装）
kind-passkey = 通行密钥（本机、手机或安全密钥）
kind-phone = 用手机浏览器批准登录（无需安装）
kind-email = 备用邮箱验证码
kind-sms = 短信验证码
kind-name = { $kind ->
    [passkey] 通行密钥
    [totp] 身份验证器应用
    [phone] 手机
    [email] 备用邮箱
    [sms] 手机短信
   *[other] { $kind }
}
kind-purpose = { $kind ->
    [passkey] 用于浏览器登录
    [totp] 显示验证码
    [phone] 批准登录
    [email] 邮件验证码
    [sms] 短信验证码
   *[other] { $kind }
}
which-kind = 请输入序号：␣
kind-not-here = 本系统未启用这种验证方式。
which-address = 您的备用邮箱地址：␣
which-number = 您的手机号码（含国家/地区代码，如 +86…）：␣
bad-address = 这不是有效的邮箱地址，例如 name@example.org。
own-address = 这正是本账户自己的邮箱。请填写另一个邮箱，否则能进入此邮箱的人也能收到验证码。
bad-number = 这不是带国家/地区代码的手机号码，例如 +86 138 0000 0000。
number-not-allowed = 本系统不向该国家/地区或该类号码发送验证码。请换一个号码，或选择其他方式。
bound-already = 您已绑定该地址或号码，无需重复绑定。
number-taken = 该手机号码已绑定到另一个账户。
number-claimed = 另一位用户正在绑定该手机号码。请半分钟后再试。
account-changed-meanwhile = 您的账户在此期间已发生变化，因此未做任何更改。请重新开始。
code-sent = 验证码已发送至 { $to }。如未收到，请按回车键重新发送。
sent-code = 请输入发送至 { $to } 的验证码：␣
sent-code-to-bind = { sent-code }
sent-code-or-number = 请输入发送至 { $to } 的验证码，或列表中的序号：␣
sending-limited = 暂时不能向 { $to } 发送验证码，请在 { $wait }后重试。
last-code-good = 上次发送至 { $to } 的验证码仍然有效，请直接输入。{ $wait }后可重新发送。
recovery-codes-work = 如果无法获得验证码，也可以输入恢复码。
resend = 按回车键发送验证码：␣
recovery-code-or-resend = 请输入恢复码，或按回车键发送验证码：␣
span-seconds = { $seconds } 秒
span-minutes = { $minutes } 分钟
span-hours = { $hours } 小时
sending-failed = 无法向 { $to } 发送验证码。请选择其他方式，或稍后再试。
nothing-sent = 目前无法发送验证码，也无法向手机发送登录请求。请选择其他方式，或使用恢复码。

open-this = 请用手机扫描此二维码，或在手机上打开：{ $address }
phone-scanned = 手机显示六位数字后，请按回车键：␣
phone-not-there = 未收到手机的响应。请重新开始。
phone-not-it = 手机未绑定成功。请重新开始，并扫描新的二维码。
phone-shows = 手机显示的是 { $code } 吗？[y/N]␣
create-passkey = 请在浏览器中创建通行密钥：␣
passkey-not-created = 未能创建通行密钥，请重试。
use-passkey = 请在浏览器中使用通行密钥，或输入恢复码：␣
passkey-wrong = 通行密钥验证未通过。请重试，或选择其他方式。
passkey-refused = 此通行密钥在这里无法使用。请改用其他方式登录，并告知管理员。
passkeys-in-browser = 您绑定的是通行密钥，只能在浏览器中使用。如需在此登录，请先在浏览器中绑定其他验证方式。
passkeys-of-other-site = 您绑定的通行密钥属于本站点的另一个网址，无法在此使用。请联系管理员。
approve-on-phone = 请在手机上输入数字 { $number } 并批准，批准后在此按回车键（手机无提示时，输入 s 显示二维码），或输入验证码：␣
approve-on-phone-or-number = 请在手机上输入数字 { $number } 并批准，批准后在此按回车键（手机无提示时，输入 s 显示二维码；输入 ? 显示其他验证方式），或输入验证码：␣
approve-by-scan = 请扫描二维码，在手机上输入数字 { $number } 并批准，批准后在此按回车键，或输入验证码：␣
approve-by-scan-or-number = 请扫描二维码，在手机上输入数字 { $number } 并批准，批准后在此按回车键（输入 ? 显示其他验证方式），或输入验证码：␣
scan-to-approve = 请用手机扫描此二维码：
phone-busy = 另一次登录正在等待您在手机上处理，最多再等待 { $seconds } 秒。请先处理那一次，或输入验证码，或选择其他方式。如果那次登录不是您本人操作，请在手机上选择“不是我本人”。
phone-not-now = 目前不能向您的手机发送登录请求，{ $minutes } 分钟后可以再试。请输入验证码，或选择其他方式。
phone-denied = 此登录请求已在您的手机上被拒绝。
request-denied = 此登录请求已被拒绝（通过 postern my challenges deny 命令，或由管理员拒绝）。
phone-wrong-number = 手机上输入的数字不对，本次请求已结束。按回车键重新发送，或输入验证码。
phone-unanswered = 手机没有响应。按回车键重新发送，或输入验证码。

changed-factor-bound = 已绑定二次验证方式“{ $label }”（{ kind-purpose }）。
changed-factor-removed = 已解绑二次验证方式“{ $label }”（{ kind-purpose }）。
changed-recovery-codes = 已生成新的恢复码，旧恢复码不再有效。
changed-app-password-created = 已创建专用密码“{ $label }”。
changed-app-password-revoked = 已撤销专用密码“{ $label }”。
changed-device-trusted = 已添加受信任设备：{ $name }。该设备在有效期内登录免二次验证。
changed-device-revoked = { $name } 不再是受信任设备。
changed-browser-trust-copied = 浏览器 { $name } 不再是受信任设备：有人知道您的密码，并使用复制的信任信息登录，或者该浏览器被恢复到了以前的状态。
changed-passkey-copied = 使用您某个通行密钥的登录已被拒绝：其应答像是由复制品作出的。若非您本人操作，请解绑该通行密钥并更改主密码。
changed-reset = 所有二次验证方式、恢复码和受信任设备均已清除。
changed-main-password = 主密码已更改。
by-administrator = 管理员
phone-refused = 无法执行此操作。
mail-code-subject = 验证码：{ $what }
mail-code =
    您的验证码：{ $code }

    操作：{ $what }
    账户：{ $account }
    { $origin }

    验证码 { $minutes } 分钟内有效。{ $caution }

    { $advice }
mail-changed-subject = 您的账户 { $account } 有变更
mail-changed =
    { $what }

    账户：{ $account }
    时间：{ $at }

    如果不是您本人操作，说明有人能登录您的账户，请立即修改主密码、检查 ssh 密钥，并告知管理员。
mail-changed-by =
    { $what }

    账户：{ $account }
    时间：{ $at }
    操作者：{ $by }

    如果您对此不知情，请联系管理员。
mail-disowned-subject = 有人试图登录您的账户 { $account }
mail-disowned =
    有人使用 { $account } 的主密码或 ssh 密钥发起了以下请求，您在手机上选择了“不是我本人”，该请求已被拒绝。

    操作：{ $what }
    来自：{ $place }
    时间：{ $at }

    请立即修改主密码、检查 ssh 密钥，并告知管理员。
mail-sms-budget-subject = 短信验证码额度
mail-sms-budget =
    { $what }

    时间：{ $at }

    额度为 [courier.sms] 中的 hourly_budget 和 daily_budget；审计日志记录了是哪些账户请求的。大量新号码可能意味着有人掌握了许多密码。
sms-budget-near = 本系统每 { $hours } 小时可发送 { $budget } 条短信，已用去五分之四。
sms-budget-used-up = 本系统每 { $hours } 小时可发送 { $budget } 条短信，已全部用完。在额度恢复之前不再发送短信验证码。
sms-budget-new-sources = 本系统每 { $hours } 小时可发送 { $budget } 条短信，其中用于从新地点登录的部分已用完。曾经登录过的地点仍可收到验证码。
sms-budget-new-numbers = 本系统每 { $hours } 小时可发送 { $budget } 条短信，其中用于尚未绑定号码的部分已用完。登录仍可收到验证码。
sms-code = 验证码{ $code }（{ $what }），{ $minutes }分钟内有效，勿外泄。非本人操作请改密码。
ring-title = 是您本人吗？{ $what }
ring-body = { $account }，来自 { $place }。点按打开，可批准或拒绝。如果不是您本人操作，请选择“不是我本人”。
unknown-place = 未知地址
by-yourself = 您本人，或知道您密码的人
second-factor-not-asked = 此账户需要二次验证，而此次登录没有进行二次验证。请使用密码和验证码登录，或联系管理员。
go-on = 按回车键完成登录：␣
which-number-at = 您的手机号码（非 { $country } 号码请加国家/地区代码）：␣
mail-origin = 请求来自：{ $place }
mail-origin-administrator = 发起人：管理员（{ $place }）
mail-caution = 请只在您本人正在操作的界面中输入；不会有人通过电话、短信或邮件向您索取验证码。
mail-caution-administrator = 请只告知正在为您办理此事的管理员。
mail-advice-password = 如果不是您本人操作，说明有人知道了您的主密码，请立即修改。
mail-advice-ignore = 如果不是您本人操作，请忽略此邮件：没有验证码就无法完成绑定。
mail-advice-administrator = 如果您对此不知情，请联系管理员。
sms-code-to-bind = 验证码{ $code }（{ $what }），{ $minutes }分钟内有效，勿外泄。非本人操作请忽略。
sms-code-by-administrator = 验证码{ $code }（{ $what }），{ $minutes }分钟内有效，由管理员发起，仅告知管理员。
sms-signed = 【{ $signature }】{ $text }
place-host = 主机 { $host }
deed-login = { $host } 上的 { $title }
deed-set-up-address = 绑定此邮箱
deed-set-up-number = 绑定此手机号码
deed-set-up-phone = 绑定手机
deed-set-up-factor = 绑定二次验证方式
deed-replace-factor = 更换二次验证方式
deed-remove-factor = 解绑二次验证方式
deed-recovery-codes = 生成新的恢复码
deed-create-app-password = 创建专用密码
deed-regenerate-app-passwords = 更换专用密码
deed-revoke-app-passwords = 撤销专用密码
deed-revoke-devices = 撤销受信任设备
deed-test = 测试消息
title-sshd = ssh 登录
title-sudo = sudo
title-su = su
title-login = 控制台登录
title-web = 浏览器登录
title-imap = IMAP 邮件登录
title-pop3 = POP3 邮件登录
title-smtp = SMTP 邮件登录
title-sieve = 邮件过滤规则登录
title-other = { $service } 登录
