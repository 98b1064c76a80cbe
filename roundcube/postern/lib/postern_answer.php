<?php

/**
 * What postern-web answered about a session.
 *
 * One of three, which are three reactions: the session lives, it is over, or nothing is known about it.
 *
 * @license GPL-3.0-or-later, with the exception for skins and plugins; see the file LICENSE
 */
final class postern_answer
{
    const LIVES = 'lives';
    const OVER = 'over';
    const UNAVAILABLE = 'unavailable';

    /** @var string One of the constants */
    public $kind;

    /** @var string The user name at the mail servers; only of a session that lives */
    public $user = '';

    /** @var string The session mail password in force */
    public $password = '';

    /** @var string The handle in force */
    public $handle = '';

    /** @var string For the log: what was wrong, without anything that is secret */
    public $problem = '';

    private function __construct(string $kind)
    {
        $this->kind = $kind;
    }

    public static function over(): self
    {
        return new self(self::OVER);
    }

    public static function unavailable(string $problem): self
    {
        $answer = new self(self::UNAVAILABLE);
        $answer->problem = $problem;

        return $answer;
    }

    /**
     * Reads a status and a body. What is not exactly as the interface has it says nothing about the session.
     */
    public static function read(
        int $status,
        #[\SensitiveParameter]
        string $body
    ): self {
        $fields = json_decode($body, true, 4);
        $fields = is_array($fields) ? $fields : [];

        if ($status === 403 && ($fields['error'] ?? null) === 'over') {
            return self::over();
        }
        if ($status !== 200) {
            return self::unavailable("the answer has status $status");
        }

        $answer = new self(self::LIVES);
        foreach (self::FIELDS as $name => $pattern) {
            $value = $fields[$name] ?? null;
            if (!is_string($value) || !preg_match($pattern, $value)) {
                return self::unavailable("the answer has no $name");
            }
            $answer->$name = $value;
        }

        return $answer;
    }

    // A name may have any letter, but nothing that a header or a log would take for more than a letter.
    private const FIELDS = [
        'user' => '/\A[^\x00-\x20\x7f]{1,255}\z/',
        'password' => '/\A[\x21-\x7e]{1,255}\z/',
        'handle' => '/\A[\x21-\x7e]{1,1024}\z/',
    ];
}
