<?php

/**
 * Sign-ins that this browser has begun and not come back from, in its PHP session: what each is known by, and the page that the
 * person wanted.
 *
 * @license GPL-3.0-or-later, with the exception for skins and plugins; see the file LICENSE
 */
final class postern_sign_in
{
    /**
     * Begins one, and tells its state. Beside it a few earlier ones are kept, one for each tab; a browser cannot fill more.
     */
    public static function begin(array $query): string
    {
        $state = rtrim(strtr(base64_encode(random_bytes(32)), '+/', '-_'), '=');
        $begun = self::begun();
        $begun[$state] = ['since' => time(), 'query' => $query];
        $_SESSION[self::KEY] = array_slice($begun, -self::MOST, null, true);

        return $state;
    }

    /**
     * Takes the sign-in of this state out, once: the query that the person wanted, or null if this browser did not begin it.
     */
    public static function take(string $state): ?array
    {
        $found = null;
        $others = [];
        foreach (self::begun() as $known => $sign_in) {
            if (hash_equals((string) $known, $state)) {
                $found = $sign_in['query'];
            } else {
                $others[$known] = $sign_in;
            }
        }
        $_SESSION[self::KEY] = $others;

        return $found;
    }

    /**
     * Those of the other tabs, to be put into a new session.
     */
    public static function begun(): array
    {
        $begun = $_SESSION[self::KEY] ?? [];

        return array_filter(is_array($begun) ? $begun : [], function ($sign_in) {
            return $sign_in['since'] > time() - self::SECONDS;
        });
    }

    public static function put(array $begun): void
    {
        $_SESSION[self::KEY] = $begun;
    }

    /**
     * The page that the person wanted, as fields of a query of Roundcube's own: never an address, never a change.
     */
    public static function wanted(): array
    {
        $query = $_SERVER['QUERY_STRING'] ?? '';
        if (($_SERVER['REQUEST_METHOD'] ?? '') !== 'GET' || strlen($query) > self::LONGEST) {
            return [];
        }

        parse_str($query, $fields);
        $wanted = [];
        foreach ($fields as $name => $value) {
            if (is_string($value) && preg_match('/\A_[a-z_]{1,31}\z/', $name) && !in_array($name, self::NEVER, true)) {
                $wanted[$name] = $value;
            }
        }
        if (in_array($wanted['_task'] ?? '', ['login', 'logout'], true)) {
            return [];
        }
        // Roundcube adds its token against forged requests to the address that it opens after a login: only pages, no changes.
        if (!in_array($wanted['_action'] ?? '', self::PAGES, true)) {
            return array_intersect_key($wanted, ['_task' => true]);
        }
        // A mail that was being written is not on the server any more.
        if (($wanted['_action'] ?? '') === 'compose') {
            unset($wanted['_id']);
        }

        return $wanted;
    }

    private const KEY = 'postern_sign_ins';
    private const MOST = 5;
    private const SECONDS = 1800;
    private const LONGEST = 1024;
    private const PAGES = ['', 'show', 'compose', 'preferences', 'folders', 'identities', 'responses', 'plugin.postern'];
    // Those of a login form, of scripts and frames, and of protected changes.
    private const NEVER = ['_url', '_user', '_pass', '_host', '_token', '_remote', '_framed', '_unlock', '_err', '_autologin'];
}
