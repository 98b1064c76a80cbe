<?php

require_once __DIR__ . '/lib/postern_listener.php';
require_once __DIR__ . '/lib/postern_sign_in.php';

/**
 * Signs people in at the account's pages of Postern, with a second step, and never by a form of Roundcube's.
 *
 * Roundcube gets a session mail password for it, which opens this person's mail until the session ends. Each request asks whether
 * it has.
 *
 * @license GPL-3.0-or-later, with the exception for skins and plugins; see the file LICENSE
 */
class postern extends rcube_plugin
{
    /** @var rcmail */
    private $rcmail;

    /** @var postern_listener */
    private $listener;

    /** @var postern_answer|null What this very request was given at the sign-in; the one way in */
    private $granted;

    /** @var array The page that is wanted after it */
    private $wanted = [];

    /** @var array Sign-ins of other tabs */
    private $others = [];

    /** @var bool Whether the session that Roundcube destroys is to end everywhere */
    private $is_signing_out = false;

    /** @var bool Whether it has */
    private $has_ended = false;

    /** @var string|null The text of the error page */
    private $stopped_by;

    public function init()
    {
        $this->rcmail = rcmail::get_instance();
        $this->load_config();
        $this->add_texts('localization/');
        $this->listener = new postern_listener(
            (string) $this->setting('listener', 'unix:///run/postern-web/applications.sock'),
            (float) $this->setting('connect_timeout', 2),
            (float) $this->setting('timeout', 10),
            rcube_utils::remote_addr()
        );

        $hooks = ['startup', 'authenticate', 'login_after', 'unauthenticated', 'session_destroy', 'logout_after',
            'storage_connect', 'settings_actions', 'error_page'];
        foreach ($hooks as $hook) {
            $this->add_hook($hook, [$this, $hook]);
        }
        $this->register_action('plugin.postern', [$this, 'security_page']);
    }

    /**
     * Before Roundcube does anything else: is the session alive, or does somebody come back from the sign-in?
     */
    public function startup($args)
    {
        $this->require_configuration();

        if (isset($_GET['postern_code']) || isset($_GET['postern_state'])) {
            return $this->come_back($args);
        }
        if (!empty($_SESSION['user_id'])) {
            return $this->check($args);
        }

        // Neither the form nor OAuth is a way in.
        return ['task' => 'login', 'action' => ''] + $args;
    }

    /**
     * Whatever asks Roundcube to log somebody in, and other plugins after this one: only the grant of this request does.
     */
    public function authenticate($args)
    {
        if ($this->granted === null) {
            return ['abort' => true, 'valid' => false, 'pass' => '', 'break' => true] + $args;
        }

        return [
            'user' => $this->granted->user,
            'pass' => $this->granted->password,
            'valid' => true,
            'abort' => false,
            'error' => null,
            'break' => true,
        ] + $args;
    }

    public function login_after($args)
    {
        if ($this->granted === null) {
            return $args;
        }
        $this->keep($this->granted);
        postern_sign_in::put($this->others);

        return $this->wanted + $args;
    }

    /**
     * In the place of Roundcube's login form. Scripts and frames do not come here: Roundcube answers them with its own
     * "session expired", and the page keeps what was being written.
     */
    public function unauthenticated($args)
    {
        if ($this->granted !== null) {
            // The mail server did not take the password, or was not there: to begin again at once would go round in circles.
            $this->stop(503, 'mail_unavailable');
        }
        // Programs on Android send their own name with each page.
        if (($_SERVER['HTTP_X_REQUESTED_WITH'] ?? '') === 'XMLHttpRequest') {
            http_response_code(401);
            exit;
        }

        $state = postern_sign_in::begin(postern_sign_in::wanted());
        $this->redirect($this->account_url('application', [
            'name' => (string) $this->setting('application', 'roundcube'),
            'state' => $state,
        ]));
    }

    public function session_destroy($args)
    {
        $handle = $this->handle();
        if ($this->is_signing_out && $handle !== '') {
            $this->has_ended = $this->listener->end($handle);
        }

        return $args;
    }

    public function logout_after($args)
    {
        if (!$this->has_ended) {
            $this->stop(503, 'not_ended');
        }
        $this->redirect($this->account_url('log-in', ['why' => 'out']));
    }

    /**
     * Dovecot is told the browser's address, which it believes from hosts in its login_trusted_networks.
     */
    public function storage_connect($args)
    {
        $ident = isset($args['preauth_ident']) && is_array($args['preauth_ident']) ? $args['preauth_ident'] : [];
        $args['preauth_ident'] = ['x-originating-ip' => rcube_utils::remote_addr()] + $ident;

        return $args;
    }

    public function settings_actions($args)
    {
        $args['actions'][] = [
            'action' => 'plugin.postern',
            'class' => 'password',
            'label' => 'security',
            'title' => 'security_title',
            'domain' => 'postern',
        ];

        return $args;
    }

    public function security_page()
    {
        $this->register_handler('plugin.body', [$this, 'security_body']);
        $this->rcmail->output->set_pagetitle($this->gettext('security'));
        $this->rcmail->output->send('plugin');
    }

    public function security_body()
    {
        $link = html::a(
            [
                'href' => $this->account_url('security'),
                'target' => '_blank',
                'rel' => 'noopener',
                'class' => 'button btn btn-primary',
                'id' => 'postern-security',
            ],
            rcube::Q($this->gettext('security_open'))
        );

        return html::div(
            ['class' => 'box formcontent'],
            html::div(['class' => 'boxtitle'], rcube::Q($this->gettext('security')))
            . html::div(
                ['class' => 'boxcontent'],
                html::p(null, rcube::Q($this->gettext('security_text'))) . html::p(null, $link)
            )
        );
    }

    public function error_page($args)
    {
        if ($this->stopped_by === null) {
            return $args;
        }
        $ways_on = [
            'refused' => ['./', 'log_in'],
            'not_ended' => [$this->account_url('security'), 'security_open'],
        ];
        [$url, $label] = $ways_on[$this->stopped_by] ?? ['./', 'try_again'];
        $way_on = html::a($url, rcube::Q($this->gettext($label)));

        return [
            'title' => rcube::Q($this->gettext($this->stopped_by . '_title')),
            'text' => rcube::Q($this->gettext($this->stopped_by)) . html::p(null, $way_on),
        ] + $args;
    }

    /**
     * Somebody comes back from the sign-in with a code.
     */
    private function come_back($args)
    {
        [$code, $state] = $this->take_parameters();
        $wanted = postern_sign_in::take($state);
        if ($wanted === null && $this->handle() !== '') {
            // A page of the past, in a browser that is signed in.
            $this->redirect('./');
        }
        if ($wanted === null || $code === '') {
            $this->stop(403, 'refused');
        }

        $answer = $this->listener->redeem((string) $this->setting('application', 'roundcube'), $code, $state);
        if ($answer->kind === postern_answer::OVER) {
            $this->stop(403, 'refused');
        }
        if ($answer->kind !== postern_answer::LIVES) {
            $this->stop(503, 'unavailable', $answer->problem);
        }

        if ($this->handle() !== '' && ($_SESSION['postern_user'] ?? '') === $answer->user) {
            // Another tab was faster; what it writes goes on.
            $this->keep($answer);
            $this->redirect($this->rcmail->url($wanted + ['_task' => 'mail']));
        }
        $this->leave_another_person($answer);
        $this->granted = $answer;
        $this->wanted = $wanted;
        $this->others = postern_sign_in::begun();
        $this->rcmail->kill_session();

        return ['task' => 'login', 'action' => 'login'] + $args;
    }

    /**
     * Code and state of the query, which are nobody else's business from here on.
     */
    private function take_parameters(): array
    {
        $taken = [];
        foreach (['postern_code' => 1024, 'postern_state' => 128] as $name => $longest) {
            $value = $_GET[$name] ?? '';
            $is_one = is_string($value) && strlen($value) <= $longest && preg_match('/\A[A-Za-z0-9._-]+\z/', $value);
            $taken[] = $is_one ? $value : '';
            unset($_GET[$name], $_REQUEST[$name]);
        }
        $_SERVER['QUERY_STRING'] = '';
        $_SERVER['REQUEST_URI'] = strtok((string) ($_SERVER['REQUEST_URI'] ?? '/'), '?');

        return $taken;
    }

    /**
     * The browser was another person's: nothing of their session stays.
     */
    private function leave_another_person(postern_answer $answer): void
    {
        $handle = $this->handle();
        if ($handle !== '' && ($_SESSION['postern_user'] ?? '') !== $answer->user) {
            $this->listener->end($handle);
        }
    }

    private function check($args)
    {
        $handle = $this->handle();
        // A session that the sign-in did not open is none.
        if ($handle === '' || !$this->rcmail->session->check_auth()) {
            return $this->session_over($args);
        }

        $is_active = !in_array($args['action'], self::BY_ITSELF, true);
        $answer = $this->listener->check($handle, $is_active);
        if ($answer->kind === postern_answer::OVER) {
            return $this->session_over($args);
        }
        if ($answer->kind !== postern_answer::LIVES || $answer->user !== ($_SESSION['postern_user'] ?? '')) {
            $this->stop(503, 'unavailable', $answer->problem ?: 'the answer is about somebody else');
        }
        $this->keep($answer);
        $this->is_signing_out = $args['task'] === 'logout';

        return $args;
    }

    private function session_over($args)
    {
        $was_signing_out = $args['task'] === 'logout';
        $this->rcmail->kill_session();
        if ($was_signing_out) {
            $this->redirect($this->account_url('log-in', ['why' => 'out']));
        }

        return ['task' => 'login', 'action' => ''] + $args;
    }

    /**
     * Puts password and handle where Roundcube keeps passwords, encrypted. What has not changed is left, as each change writes
     * the session.
     */
    private function keep(postern_answer $answer): void
    {
        $_SESSION['postern_user'] = $answer->user;
        foreach (['password' => $answer->password, 'postern_handle' => $answer->handle] as $name => $secret) {
            if (!hash_equals($secret, $this->decrypted($name))) {
                $_SESSION[$name] = $this->rcmail->encrypt($secret);
            }
        }
    }

    private function handle(): string
    {
        return empty($_SESSION['user_id']) ? '' : $this->decrypted('postern_handle');
    }

    private function decrypted(string $name): string
    {
        $cipher = $_SESSION[$name] ?? null;

        return is_string($cipher) ? (string) $this->rcmail->decrypt($cipher) : '';
    }

    /**
     * Ends the request with Roundcube's own error page; in a script or a frame with its message, and the page goes on.
     */
    private function stop(int $status, string $label, string $problem = ''): void
    {
        if ($problem !== '') {
            $error = ['code' => $status, 'message' => "postern: $problem", 'file' => __FILE__, 'line' => __LINE__];
            rcube::raise_error($error, true, false);
        }

        $output = $this->rcmail->output;
        if ($output->ajax_call || $output->get_env('framed')) {
            $output->show_message($this->gettext($label), 'error');
            $output->send('iframe');
        }
        http_response_code($status);
        $this->stopped_by = $label;
        rcube::raise_error(['code' => $status], false, true);
        exit;
    }

    private function redirect(string $url): void
    {
        header('Location: ' . $url, true, 303);
        exit;
    }

    private function account_url(string $page, array $query = []): string
    {
        $url = (string) $this->setting('account_url', '') . $page;

        return $query ? $url . '?' . http_build_query($query) : $url;
    }

    private function setting(string $name, $default)
    {
        return $this->rcmail->config->get("postern_$name", $default);
    }

    /**
     * Without an address to sign in at and one to ask there is no way in.
     */
    private function require_configuration(): void
    {
        $url = (string) $this->setting('account_url', '');
        if (!preg_match('~\Ahttps://[^/?#\s]+(/[^?#\s]*)?/\z~', $url)) {
            $this->stop(500, 'unavailable', 'postern_account_url is no https:// address that ends in /');
        }
        if (!postern_listener::is_local((string) $this->setting('listener', 'unix:///run/postern-web/applications.sock'))) {
            $this->stop(500, 'unavailable', 'postern_listener is neither unix:///... nor tcp:// of this host');
        }
    }

    // What an open page asks by itself, which is no activity of a person.
    private const BY_ITSELF = ['refresh', 'keep-alive', 'check-recent', 'getunread'];
}
