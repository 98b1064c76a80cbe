<?php

require_once __DIR__ . '/postern_answer.php';

/**
 * Asks postern-web about sessions, at its listener for applications: a Unix socket or a port of this host.
 *
 * HTTP/1.0 by hand, so that PHP needs no curl. Each answer is bounded in size and time.
 *
 * @license GPL-3.0-or-later, with the exception for skins and plugins; see the file LICENSE
 */
final class postern_listener
{
    /** @var string */
    private $address;

    /** @var float Seconds */
    private $connect_timeout;

    /** @var float Seconds */
    private $timeout;

    /** @var string The line of the header that names the browser's address, for limits and logs */
    private $forwarded = '';

    public function __construct(string $address, float $connect_timeout, float $timeout, string $client)
    {
        $this->address = $address;
        $this->connect_timeout = $connect_timeout;
        $this->timeout = $timeout;
        if (filter_var($client, FILTER_VALIDATE_IP)) {
            $this->forwarded = "X-Forwarded-For: $client\r\n";
        }
    }

    /**
     * Whether an address is one of this host: nothing that is said there is encrypted.
     */
    public static function is_local(string $address): bool
    {
        return (bool) preg_match('~\A(unix:///.+|tcp://(127\.[0-9]+\.[0-9]+\.[0-9]+|\[::1\]):[0-9]{1,5})\z~', $address);
    }

    /**
     * Swaps the code of a sign-in for its session, once.
     */
    public function redeem(
        string $application,
        #[\SensitiveParameter]
        string $code,
        string $state
    ): postern_answer {
        return $this->ask('redeem', ['application' => $application, 'code' => $code, 'state' => $state]);
    }

    /**
     * Whether a session lives. Asked on behalf of a page that asks by itself, it is no activity of a person.
     */
    public function check(
        #[\SensitiveParameter]
        string $handle,
        bool $is_active
    ): postern_answer {
        return $this->ask('check', ['handle' => $handle, 'is_active' => $is_active]);
    }

    /**
     * Ends a session everywhere, and tells whether it has ended.
     */
    public function end(
        #[\SensitiveParameter]
        string $handle
    ): bool {
        [$status, $body] = $this->post('end', ['handle' => $handle]);

        return $status === 204 || postern_answer::read($status, $body)->kind === postern_answer::OVER;
    }

    private function ask(
        string $verb,
        #[\SensitiveParameter]
        array $fields
    ): postern_answer {
        [$status, $body] = $this->post($verb, $fields);

        // Then the body says why, in words of this file.
        return $status === 0 ? postern_answer::unavailable($body) : postern_answer::read($status, $body);
    }

    /**
     * @return array Status and body; or 0 and why there is none
     */
    private function post(
        string $verb,
        #[\SensitiveParameter]
        array $fields
    ): array {
        $body = json_encode($fields, JSON_UNESCAPED_SLASHES);
        if (!is_string($body)) {
            return [0, 'the question is no text'];
        }

        $stream = @stream_socket_client($this->address, $errno, $error, $this->connect_timeout);
        if (!$stream) {
            return [0, "cannot connect: $error"];
        }

        $request = "POST /application/$verb HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            . $this->forwarded . 'Content-Length: ' . strlen($body) . "\r\nConnection: close\r\n\r\n" . $body;
        stream_set_timeout($stream, (int) ceil($this->timeout));
        $written = @fwrite($stream, $request);
        $answer = $written === strlen($request) ? $this->read($stream) : null;
        fclose($stream);

        return $answer === null ? [0, 'no whole answer in time'] : self::parse($answer);
    }

    /**
     * All that comes until the other side closes; null if that takes too long or is too much.
     */
    private function read($stream): ?string
    {
        stream_set_blocking($stream, false);
        $deadline = microtime(true) + $this->timeout;
        $answer = '';

        while (!feof($stream)) {
            $left = $deadline - microtime(true);
            if ($left <= 0 || strlen($answer) > self::LIMIT) {
                return null;
            }
            $readable = [$stream];
            $others = null;
            $ready = @stream_select($readable, $others, $others, (int) $left, (int) (($left - (int) $left) * 1e6));
            if ($ready) {
                $answer .= (string) fread($stream, 8192);
            }
        }

        return strlen($answer) > self::LIMIT ? null : $answer;
    }

    private static function parse(
        #[\SensitiveParameter]
        string $answer
    ): array {
        $parts = explode("\r\n\r\n", $answer, 2);
        if (count($parts) !== 2 || !preg_match('~\AHTTP/1\.[01] ([1-5][0-9]{2})[ \r]~', $parts[0] . "\r", $status)) {
            return [0, 'the answer is not HTTP'];
        }
        // Where a length is named, an answer that was cut off is none.
        if (preg_match('~\r\nContent-Length: *([0-9]{1,9})(\r|\z)~i', $parts[0], $length)
            && strlen($parts[1]) !== (int) $length[1]
        ) {
            return [0, 'the answer is cut off'];
        }

        return [(int) $status[1], $parts[1]];
    }

    /** Bytes of an answer. */
    private const LIMIT = 16384;
}
