//! What the account's pages say, in both languages. What posternd says comes in the language that the page asked for.

/// Declares each phrase with its English and its Chinese text. `{x}` is filled in.
macro_rules! words {
    ($($name:ident: $english:literal, $chinese:literal;)*) => {
        /// The phrases in one language.
        #[derive(Debug)]
        pub(super) struct Words {
            $(pub(super) $name: &'static str,)*
        }

        /// In English.
        pub(super) const ENGLISH: Words = Words { $($name: $english,)* };
        /// In simplified Chinese.
        pub(super) const CHINESE: Words = Words { $($name: $chinese,)* };

        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $english, $chinese),)*];
    };
}

words! {
    tag: "en", "zh-CN";
    other_tag: "zh-CN", "en";
    other_name: "中文", "English";
    skip: "Skip to the content", "跳到正文";
    help: "Help", "帮助";
    log_out: "Log out", "退出登录";
    logged_in_as: "Logged in as {user}", "已登录：{user}";
    sections: "Sections", "栏目";

    log_in_title: "Log in", "登录";
    log_in_text: "Protect your mail account: add a second factor (a check besides your password), create app passwords for mail programs, and see where you are logged in.", "保护您的邮箱账户：绑定二次验证，为邮件客户端创建专用密码，查看已登录的浏览器。";
    log_in_application_text: "Log in to go on to your mail.", "登录后将进入您的邮箱。";
    to_application_title: "You are logged in", "您已登录";
    to_application_text: "Your mail opens in a moment. If it does not, choose Continue.", "即将进入您的邮箱。如果没有自动跳转，请点击“继续”。";
    user: "User name or e-mail address", "用户名或邮箱地址";
    main_password: "Main password", "主密码";
    log_in: "Log in", "登录";
    forgotten: "Forgotten your main password? Ask your administrator.", "忘记主密码？请联系管理员。";
    log_in_failed: "You could not be logged in. Check the name and the main password. After several wrong tries, wait a few minutes.", "登录失败。请检查用户名和主密码；多次输错后请等几分钟再试。";
    not_complete: "Fill in both fields.", "请填写这两项。";
    session_over: "You were logged out. Log in again.", "您已退出登录，请重新登录。";
    logged_out: "You are logged out.", "您已退出登录。";
    begin_again: "This login was not finished and has to begin again. Nothing was changed.", "这次登录没有完成，需要重新开始。未作任何更改。";
    change_begin_again: "What you had begun was not finished. Nothing was changed; begin again.", "刚才的操作没有完成，未作任何更改，请重新开始。";
    busy: "Too many logins and changes are waiting to be finished at one time. Finish one of them, or try again in a moment.", "同时等待完成的登录或更改过多。请先完成其中一个，或稍等片刻再试。";

    prove_title: "Confirm that it is you", "确认是您本人";
    prove_log_in: "Your main password is correct. Now confirm with your second factor.", "主密码正确，请继续完成二次验证。";
    prove_change: "This change needs your second factor.", "进行此更改需要二次验证。";
    protect_title: "Protect your account", "保护您的账户";
    protect_text: "Besides the main password, this site asks for something that only you have: a second factor. Choose one to set up now. It takes about two minutes.", "本站要求在主密码之外进行二次验证，即用您本人的手机或邮箱确认登录。请选择一种绑定，约需两分钟。";
    go_on: "Continue", "继续";
    cancel: "Cancel", "取消";
    back: "Back", "返回";
    code_from: "Code from {label}", "{label} 显示的验证码";
    code_to: "Code sent to {to}", "发送到 {to} 的验证码";
    code_hint: "Open the app and type the digits that it shows now.", "打开应用，输入当前显示的数字。";
    code_sent_hint: "It can take a minute to arrive.", "可能需要一分钟才会收到。";
    phone_code: "Code that the phone shows", "手机上显示的验证码";
    phone_code_hint: "Open the page on the phone and type the code that it shows.", "在手机上打开该页面，输入它显示的验证码。";
    no_network: "Phone without network? Type its code", "手机没有网络？输入手机上的验证码";
    send_again: "Send a new code", "重新发送验证码";
    send: "Send the code", "发送验证码";
    use_recovery: "Use a recovery code", "使用恢复码";
    recovery_code: "Recovery code", "恢复码";
    recovery_hint: "One of the codes that you printed or wrote down. Each works once.", "您打印或抄下的恢复码之一，每个只能用一次。";
    other_way: "Choose another way", "换一种验证方式";
    trust: "Skip the second factor in this browser for {days} days", "{days} 天内在此浏览器登录免二次验证";
    trust_why: "Tick this only on your own device.", "请仅在您自己的设备上勾选。";
    approve_title: "Approve on your phone", "在手机上批准";
    approve_text: "A request is on its way to your phone. Type this number there and approve:", "请求已发送到您的手机。请在手机上输入此数字并批准：";
    approve_scan_text: "Scan this QR code with your phone. Then type this number there and approve:", "请用手机扫描此二维码，然后在手机上输入下方数字并批准：";
    approved: "I have approved: continue", "我已批准，继续";
    show_qr: "No request on the phone? Show a QR code", "手机没有收到请求？显示二维码";
    waiting: "Waiting for your phone. This page goes on by itself…", "正在等待手机，批准后将自动继续……";
    ask_again: "Ask the phone again", "再次请求手机";
    phone_wrong_number: "The number typed on the phone was not the one shown here. Ask the phone again; a new number appears.", "手机上输入的数字与此处显示的不一致。请再次请求手机，届时会显示新的数字。";
    phone_unanswered: "The phone did not answer in time. Ask it again, or type the code that it shows.", "手机未及时回应。请再次请求，或输入手机上显示的验证码。";
    denied_elsewhere: "This request was denied from another browser of yours, or by an administrator.", "此请求已在您的其他浏览器上被拒绝，或被管理员拒绝。";
    code_on_its_way: "A code is on its way to {to}.", "验证码已发送到 {to}。";
    recovery_last: "That was your last recovery code. Create new ones on the page Security.", "这是最后一个恢复码。请在“安全”页面生成新的。";

    app_title: "Set up an authenticator app", "绑定身份验证器";
    app_scan: "Open an authenticator app on your phone (if you have none, install one, such as Google Authenticator or Aegis) and scan this QR code:", "在手机上打开身份验证器应用（如没有，请先安装，例如 Google Authenticator 或 Aegis），扫描此二维码：";
    app_key: "Cannot scan it? Type this key into the app:", "无法扫描？请在应用中输入此密钥：";
    app_code: "Code that the app shows", "应用显示的验证码";
    address_title: "Set up a backup e-mail address", "绑定备用邮箱";
    address: "Backup e-mail address", "备用邮箱地址";
    address_hint: "A mailbox with another provider. Not this one: you could not read the code before you are in.", "请填写您在其他邮件服务商的邮箱。不要填写本邮箱，否则登录前无法查看验证码。";
    bind_title: "Enter the code that we sent", "输入收到的验证码";
    bind_text: "This shows that it is yours. A wrong address or number? Cancel and begin again.", "用于确认是您本人的。填错了？请取消后重新开始。";
    number_title: "Set up codes by SMS", "绑定手机号";
    number: "Mobile number", "手机号";
    number_hint: "A mobile number with its country code, such as +44 7700 900123.", "请填写带国家代码的手机号，例如 +86 138 0013 8000。";
    passkey_title: "Create a passkey", "创建通行密钥";
    passkey_create_text: "Your browser will ask where to keep the passkey: on this device, on your phone or on a security key. Then confirm with your fingerprint, face or screen lock.", "浏览器会询问通行密钥的保存位置：本机、手机或安全密钥。然后请用指纹、面容或锁屏密码确认。";
    passkey_create: "Create the passkey", "创建通行密钥";
    passkey_use_text: "Your browser will ask for your passkey. Confirm with your fingerprint, face, screen lock or security key.", "浏览器会请求您的通行密钥。请用指纹、面容、锁屏密码或安全密钥确认。";
    passkey_use: "Use your passkey", "使用通行密钥";
    passkey_needs_script: "Passkeys need JavaScript, which is off in this browser. Turn it on, or choose another way.", "通行密钥需要 JavaScript，但此浏览器已禁用。请启用 JavaScript，或换一种方式。";
    passkey_hidden: "There are passkeys, too, in browsers with JavaScript.", "启用 JavaScript 后还可以使用通行密钥。";
    passkey_no_lock: "That device cannot confirm that it is you. Set a screen lock on it, or a code of its own on the security key, and try again.", "该设备无法确认是您本人。请先为设备设置锁屏，或为安全密钥设置密码，然后重试。";
    passkey_cancelled: "The browser got no answer from a passkey. Try again, or choose another way.", "浏览器未收到通行密钥的响应。请重试，或换一种方式。";
    passkey_known: "That device already holds a passkey of this account. Choose another device.", "该设备上已有此账户的通行密钥，请换一台设备。";
    passkey_impossible: "This browser cannot use passkeys here. Choose another way.", "此浏览器无法在这里使用通行密钥，请换一种方式。";
    copies: "Copies", "副本";
    copies_synced: "synced to your other devices by its provider", "由服务商同步到您的其他设备";
    copies_possible: "none yet: its provider can sync it", "暂无，其服务商可以同步";
    copies_none: "none: it is on one device only", "无，仅保存在一台设备上";
    phone_title: "Set up your phone", "绑定手机";
    phone_scan: "Scan this QR code with the camera of your phone, and follow the page that opens there:", "用手机相机扫描此二维码，并按手机上打开的页面操作：";
    phone_link: "Is this the phone you want to set up?", "要绑定的就是这部手机？";
    open_page: "Set it up here", "在本机上绑定";
    phone_scanned: "The phone shows six digits: continue", "手机已显示六位数字，继续";
    compare_title: "Compare these six digits", "核对这六位数字";
    compare_text: "Does your phone show exactly these digits?", "手机上显示的数字与此完全相同吗？";
    compare_yes: "Yes, the same digits", "是，完全相同";
    compare_no: "No, or I did not do this", "不同，或不是我本人操作";
    kinds_title: "Choose a second factor", "选择验证方式";
    recovery_offer_title: "One more thing: recovery codes", "最后一步：恢复码";
    recovery_offer_text: "If you lose your phone or cannot get codes, a recovery code lets you in. Print them or write them down.", "如果手机丢失或收不到验证码，可用恢复码登录。请打印或抄写保存。";
    recovery_offer_yes: "Create recovery codes", "生成恢复码";
    recovery_offer_no: "Not now", "暂不";
    recovery_title: "Your recovery codes", "您的恢复码";
    recovery_text: "Keep them somewhere safe, not only on your phone: they are shown only this once. If you cannot use your second factor, type one in place of the code. Each works once, and earlier ones no longer work.", "请妥善保存，不要只存在手机里：仅显示这一次。无法进行二次验证时，可用其中一个代替验证码，每个只能用一次；以前的恢复码已失效。";
    recovery_noted: "I have them: continue", "我已保存，继续";
    print: "Print", "打印";
    download: "Download", "下载";
    recovery_file: "Recovery codes of {user}", "{user} 的恢复码";
    ticket: "Ticket from your administrator", "管理员提供的绑定凭证";

    security: "Security", "安全";
    security_title: "Security", "安全";
    factors_title: "Second factors", "二次验证";
    factors_text: "When you log in, you prove with one of these that it is you. Someone who knows only your main password does not get in.", "登录时用其中一种方式证明是您本人。仅知道主密码的人无法登录。";
    factors_none: "Nothing is set up yet: right now your main password alone opens your account. Add a second factor, something only you have, such as your phone; then a stolen password is not enough. Choose one:", "尚未绑定：目前仅凭主密码即可登录。绑定二次验证后，登录还需用您的手机或邮箱确认，主密码泄露也不会让他人登录。请选择一种：";
    kind_passkey: "Passkey", "通行密钥";
    kind_totp: "Authenticator app", "身份验证器应用";
    kind_phone: "Phone", "手机";
    kind_email: "E-mail", "备用邮箱";
    kind_sms: "SMS", "手机短信";
    about_passkey: "Your fingerprint, face or screen lock confirms a login: on this device, on your phone or with a security key. The safest way, for browsers only.", "用指纹、面容或锁屏密码确认登录，可使用本机、手机或安全密钥。最安全，但仅限浏览器使用。";
    about_totp: "An app such as Google Authenticator or Aegis shows a new code every 30 seconds. Works without network.", "用 Google Authenticator、Aegis 等应用每 30 秒生成新的验证码，无需网络。";
    about_phone: "Your phone asks about each login, and you type the number shown on the screen. The quickest way, and no app to install.", "登录时手机会收到请求，输入屏幕上显示的数字即可批准。最快捷，无需安装应用。";
    about_email: "A code is sent to another mailbox of yours.", "验证码发送到您的另一个邮箱。";
    about_sms: "A code is sent to your mobile phone.", "验证码以短信发送到您的手机。";
    set_up: "Set up", "绑定";
    set_up_another: "Add another way", "再绑定一种";
    replace: "Replace", "更换";
    remove: "Remove", "解绑";
    since: "Added", "绑定于";
    goes_to: "Codes go to", "验证码发送到";
    locked: "Locked after too many wrong codes. Ask your administrator.", "输错次数过多，已锁定。请联系管理员。";
    last_stays: "You need at least one second factor here. You can replace this one, or add another and then remove this one.", "本站要求至少保留一种验证方式。您可以更换，也可以先绑定另一种再解绑此项。";
    too_many_factors: "You have as many as possible. Remove one first.", "已达到数量上限，请先解绑一个。";
    recovery_left: "{count} unused codes", "还有 {count} 个未使用";
    recovery_none: "You have none. Create them now, in case you lose your second factor.", "您还没有恢复码。请立即生成，以备无法进行二次验证时使用。";
    recovery_new: "Create new recovery codes", "生成新的恢复码";
    recovery_needs_factor: "Recovery codes let you in if you lose your second factor. Set up a second factor first.", "恢复码用于无法进行二次验证时登录。请先绑定一种验证方式。";
    recovery_section: "Recovery codes", "恢复码";
    mail_advice: "Does your mail program ask for a password? Your main password no longer works there.", "邮件客户端要求输入密码？主密码在其中已无法使用。";
    mail_advice_link: "Create an app password", "创建专用密码";
    are_you_sure: "Are you sure?", "确定吗？";

    app_passwords: "App passwords", "专用密码";
    app_passwords_text: "A mail program such as Outlook, Thunderbird or the mail app of your phone cannot ask for a second factor. Create a password for each one here. If you lose a device or stop using a program, revoke its password.", "Outlook、Thunderbird、手机邮件等客户端无法进行二次验证。请为每个客户端创建单独的专用密码；设备丢失或不再使用时，将对应的专用密码撤销。";
    app_passwords_none: "You have no app passwords.", "您还没有专用密码。";
    your_app_passwords: "Your app passwords", "已有的专用密码";
    opens: "Works for", "可用于";
    last_used: "Last used", "上次使用";
    never: "never", "从未";
    created: "Created", "创建于";
    expires: "Expires", "到期";
    only_from: "Only from", "仅限来自";
    from: "from {address}", "来自 {address}";
    regenerate: "Replace", "更换";
    regenerate_why: "Makes a new password for this program. The old one stops working at once.", "为此客户端生成新密码，旧密码立即失效。";
    revoke: "Revoke", "撤销";
    revoke_all: "Revoke all", "全部撤销";
    new_app_password: "New app password", "新建专用密码";
    label: "What is it for?", "用途";
    label_hint: "Such as “Thunderbird on the laptop”.", "例如“笔记本上的 Thunderbird”。";
    scope: "What is it allowed to do?", "允许用于哪些服务？";
    scope_imap: "Read mail (IMAP)", "收信（IMAP）";
    scope_pop3: "Read mail the older way (POP3)", "收信，旧方式（POP3）";
    scope_smtp: "Send mail (SMTP)", "发信（SMTP）";
    scope_sieve: "Mail filters (Sieve)", "邮件过滤规则（Sieve）";
    scope_dav: "Calendars and contacts (DAV)", "日历和联系人（DAV）";
    scope_all: "everything", "全部";
    more_options: "More options", "更多选项";
    expires_hint: "Empty: it does not expire.", "留空则不过期。";
    networks: "Only from these networks", "仅限这些网络";
    networks_hint: "Such as 192.0.2.0/24 or 2001:db8::/32, separated by commas. Empty: from everywhere.", "例如 192.0.2.0/24 或 2001:db8::/32，用逗号分隔。留空则不限。";
    create: "Create", "创建";
    too_many_app_passwords: "You have as many as possible. Revoke one first.", "已达到数量上限，请先撤销一个。";
    created_title: "Your new app password", "您的新专用密码";
    created_text: "It is shown only this once. Type or paste it into the mail program in place of the main password, with or without the spaces.", "仅显示这一次。请在邮件客户端中用它代替主密码，空格可省略。";
    created_twice: "You have another app password of this name. If the old one is no longer used, revoke it.", "您已有同名的专用密码。如旧的不再使用，请将其撤销。";
    copy: "Copy", "复制";
    copied: "Copied", "已复制";
    no_script_copy: "Copying needs JavaScript; select the text instead.", "复制功能需要 JavaScript；也可直接选中文字。";
    settings_title: "Set up the mail program", "设置邮件客户端";
    set_up_device: "Or set it up without typing", "或者免输入设置";
    thunderbird: "Thunderbird on Android", "Android 上的 Thunderbird";
    thunderbird_text: "On the Android phone, have Thunderbird import its settings from a QR code, and scan this:", "在 Android 手机上，让 Thunderbird 通过二维码导入设置，扫描：";
    apple: "iPhone, iPad or Mac", "iPhone、iPad 或 Mac";
    apple_text: "Are you on that device now? Download the profile and install it in the settings. If not, log in here on that device and create an app password there. The device says that the profile is not signed; that is expected.", "如果您正在该设备上操作，请下载描述文件并在系统设置中安装。否则，请在该设备上登录本站，另建一个专用密码。设备会提示描述文件未签名，属正常现象。";
    apple_download: "Download the profile", "下载描述文件";
    setting: "Setting", "项目";
    value: "Value", "值";
    user_setting: "User name", "用户名";
    server_setting: "{protocol} server", "{protocol} 服务器";
    port_setting: "{protocol}: port and encryption", "{protocol}：端口和加密";

    devices: "Devices", "设备";
    devices_title: "Devices and logins", "设备与登录";
    sessions_title: "Where you are logged in", "已登录的浏览器";
    browser_on: "{program} on {system}", "{system} 上的 {program}";
    this_browser: "(this browser)", "（当前浏览器）";
    logged_in_at: "Logged in", "登录于";
    used_at: "Last used", "上次使用";
    end_session: "Log out this browser", "退出该浏览器";
    end_sessions: "Log out everywhere", "退出所有浏览器";
    end_sessions_why: "You are logged out here, too. Trusted devices stay trusted.", "当前浏览器也会退出；受信任设备不受影响。";
    trusted_title: "Trusted devices", "受信任设备";
    trusted_text: "Logins from these need no second factor until the day that is named.", "在所示日期之前，从这些设备登录无需二次验证。";
    trusted_none: "There are no trusted devices. A browser becomes one if you choose at login to skip the second factor in it.", "没有受信任设备。登录时选择免二次验证的浏览器会列在此处。";
    since_when: "Since", "始于";
    until: "Until", "有效期至";
    address_of: "IP address", "IP 地址";
    kind_of: "Kind", "类型";
    revoke_device: "No longer trust it", "不再信任";
    revoke_devices: "No longer trust any", "全部不再信任";

    phones_title: "Phones that approve logins", "可批准登录的手机";
    phones_text: "These are asked when you log in.", "登录时会向这些手机发送请求。";
    phones_manage: "Replace or remove a phone", "更换或解绑手机";

    recent_title: "Recent logins", "最近的登录";
    recent_none: "No logins are remembered.", "没有登录记录。";
    time: "Time", "时间";
    with: "Confirmed with", "验证方式";
    times_since: "– {count} times, first on", "（共 {count} 次）首次：";
    not_me: "Was one of these not you?", "其中有不是您本人的操作？";
    not_me_text: "Then somebody may know a password of yours. Do these now, in this order:", "可能有人知道了您的密码。请立即依次执行：";
    not_me_password: "Change your main password, or ask your administrator to.", "修改主密码，或请管理员修改。";
    not_me_devices: "Trust no device any more:", "不再信任任何设备：";
    not_me_codes: "Look through your second factors, and create new recovery codes", "检查您的验证方式，并生成新的恢复码";
    not_me_app_passwords: "Revoke app passwords that you do not know", "撤销您不认识的专用密码";
    not_me_sessions: "Last, log out everywhere:", "最后，退出所有浏览器：";

    done_title: "Done", "已完成";
    logged_in_title: "You are logged in", "您已登录";
    to_security: "Go to Security", "前往“安全”页面";
    not_done_title: "That did not work", "未能完成";
    nothing_changed: "Nothing was changed.", "未作任何更改。";
    stale: "That page was out of date. This is the current one.", "该页面已过期，这是当前页面。";
    wait_title: "One moment", "请稍候";
    wait_text: "This page looks again by itself every few seconds.", "此页面每隔几秒会自动刷新。";
    check_again: "Check again", "再次检查";
    down_title: "Out of order for a moment", "暂时无法使用";
    down_text: "The login service cannot be reached right now. Try again in a minute. If you were changing something, look first whether it was done.", "登录服务暂时无法访问，请一分钟后再试。如果刚才在进行更改，请先查看是否已经生效。";
    try_again: "Try again", "重试";
    not_found_title: "Page not found", "页面不存在";
    not_found_text: "The address is wrong, or the page is gone.", "网址有误，或页面已删除。";
    to_start: "Go to the start page", "返回首页";
    forged_title: "Please try again", "请重试";
    forged_text: "This form was out of date, or did not come from this page. Nothing was changed.", "该表单已过期，或不是来自本页面。未作任何更改。";
    late_text: "That took too long. Check your connection. If you were changing something, look first whether it was done.", "用时过长，请检查网络连接。如果刚才在进行更改，请先查看是否已经生效。";
    too_large_text: "What you sent is too long. Nothing was changed.", "提交的内容过长，未作任何更改。";
    too_many_text: "Too many requests come from your network at one time. Wait a moment.", "您所在的网络同时发来的请求过多，请稍候。";
    of_form_title: "This page was shown once", "此页面仅显示一次";
    of_form_text: "It was the answer to a form. Nothing was changed by opening it again.", "它是提交后显示的结果页，再次打开不会更改任何内容。";
    problem: "Problem: {title}", "出错：{title}";
}

impl Words {
    /// Those of a language tag (BCP 47). `None` if the page does not speak it.
    pub(super) fn of_tag(tag: &str) -> Option<&'static Self> {
        let tag = tag.trim().to_ascii_lowercase();
        let (language, rest) = tag.split_once('-').unwrap_or((&tag, ""));
        let is_traditional = rest.split('-').any(|part| matches!(part, "hant" | "tw" | "hk" | "mo"));
        match language {
            "en" => Some(&ENGLISH),
            "zh" if !is_traditional => Some(&CHINESE),
            _ => None,
        }
    }

    /// The first that `Accept-Language` names and the page speaks. Its weights are left aside: browsers send them in order.
    pub(super) fn accepted(header: &str) -> Option<&'static Self> {
        header.split(',').find_map(|one| Self::of_tag(one.split(';').next().unwrap_or_default()))
    }
}

/// Fills a phrase in.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(2 * text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else { break };
        let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value);
        filled.push_str(value);
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn both_languages_fill_in_the_same_and_neither_is_empty() {
        for (name, english, chinese) in ALL {
            assert!(!english.is_empty() && !chinese.is_empty(), "{name}");
            assert_eq!(places(english), places(chinese), "{name}");
        }
    }

    #[test]
    fn a_language_is_the_first_that_the_page_speaks() {
        let of = |header| Words::accepted(header).map(|words| words.tag);
        assert_eq!(of("de-DE,de;q=0.9,zh-CN;q=0.8,en;q=0.7"), Some("zh-CN"));
        assert_eq!(of("zh-TW,en"), Some("en"));
        assert_eq!(of("fr"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        assert_eq!(fill("a {x} b {y}", &[("x", "{y}"), ("y", "2")]), "a {y} b 2");
    }
}
