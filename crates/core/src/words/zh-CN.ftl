# Postern 对用户说的每一句话。一行就是屏幕上的一行。
# ␣ 表示提示末尾的空格。

password = 密码：␣
password-for-change = { $account } 的主密码：␣
login-failed = 登录失败。
not-changed = 未作任何更改。

factors-to-choose-from = 您的二次验证方式：
factor-to-choose = { $number }. { $label }
code = 请输入“{ $label }”的验证码：␣
code-or-number = 请输入“{ $label }”的验证码，或其他验证方式的序号：␣
recovery-code = 恢复码：␣
code-wrong = 验证码错误或已被使用。
code-too-early = 暂时无法接受验证码。请等待 { $seconds } 秒，再输入当时显示的验证码。
codes-limited = 错误次数过多，请在 { $minutes } 分钟后重试。
factor-locked = 错误次数过多，您的二次验证已被锁定，请联系管理员解锁。
recovery-codes-kept = 剩余恢复码：{ $count }
recovery-codes-left = { $count ->
    [0] 这是您的最后一个恢复码。请用 postern my recovery-codes 生成新的恢复码。
   *[other] 您还剩 { $count } 个恢复码。
}
trust-device = 在 { $days } 天内信任此设备吗？[y/N]␣

enrolment-needed = 此处需要二次验证，而您尚未设置。请现在设置。
enrolment-refused = 此处需要二次验证，而您尚未设置。请联系管理员。
ticket = 管理员给您的一次性凭据：␣
scan-this = 请用身份验证器应用扫描此二维码：
secret-as-text = 或者在应用中手动输入密钥：{ $secret }
secret-shape = （基于时间，{ $algorithm }，{ $digits } 位，{ $seconds } 秒）
first-code = 应用显示的验证码：␣
first-code-wrong = 验证码与此密钥不符。请检查手机时间是否准确。
factor-bound = “{ $label }”已设置。今后登录时会要求输入其验证码。
mail-needs-app-passwords = 邮件客户端从现在起需要使用专用密码，不能再使用主密码：postern my app-passwords create
too-many-factors = 您已有 { $count } 个二次验证方式，已达上限。请先移除一个。
factors-bound = 您的二次验证方式：
factor-listed = { $id }  { $label }（{ $kind }，设置于 { $created }）
factor-listed-locked = { $id }  { $label }（{ $kind }，设置于 { $created }）因错误次数过多已被锁定
no-factor = 您没有设置二次验证。
which-factor = 哪一个（编号）？␣
no-such-factor = 没有编号为 { $id } 的二次验证方式。
last-factor-stays = 此处需要二次验证，最后一个验证方式只能更换，不能移除。
factor-removed = “{ $label }”已移除。
no-factor-left = 您已没有二次验证方式；在管理员允许时，邮件客户端可以使用主密码。

new-recovery-codes = { $count } 个恢复码，每个只能使用一次。以前的恢复码已失效。它们只显示这一次，请打印保存：
recovery-needs-factor = 恢复码用于代替二次验证，而您尚未设置。请先设置：postern my enrol

app-password-label = 用途（邮件客户端名称）：␣
new-app-password = 专用密码“{ $label }”只显示这一次：
app-password-use = 请在邮件客户端中用它代替主密码，空格可有可无。可用于：{ $scope }
mail-setting = { $protocol }：{ $host }，端口 { $port }，TLS { $tls }
mail-user = 用户名：{ $user }
app-password-listed = { $id }…  { $label }（{ $scope }），最近使用：{ $used }
no-app-password = 您没有专用密码。
no-such-app-password = 没有有效的专用密码 { $id }。
app-password-revoked = 专用密码“{ $label }”已吊销。
which-app-password = 哪一个（前四个字符）？␣
too-many-app-passwords = 您已有 { $count } 个专用密码，已达上限。请先吊销一个。
bad-argument = { $name }：{ $problem }
never-used = 从未

device-listed = { $id }  { $name }，有效期至 { $until }
no-device = 您没有信任的设备。
no-such-device = 没有编号为 { $id } 的信任设备。
device-revoked = 已不再信任 { $name }。
which-device = 哪一个（编号）？␣

challenge-listed = { $id }  { $kind }，服务 { $service }，来自 { $rhost }，有效至 { $until }
no-challenge = 没有等待确认的请求。
which-challenge = 哪一个（编号）？␣
no-such-challenge = 没有编号为 { $id } 的待确认请求。
challenge-denied = 已拒绝登录 { $service }。
