<?php
// Composer's own library on pairs from standard input: both texts are normalised, then
// compared. What is then equal is compared as written, as `version compare` does.
require $argv[1];

use Composer\Semver\Comparator;
use Composer\Semver\VersionParser;

function order(string $a, string $b): string
{
    return Comparator::lessThan($a, $b) ? '<' : (Comparator::greaterThan($a, $b) ? '>' : '=');
}

$parser = new VersionParser();
while (($line = fgets(STDIN)) !== false) {
    [$a, $b] = explode("\t", rtrim($line, "\n"));
    try {
        $sign = order($parser->normalize($a), $parser->normalize($b));
    } catch (UnexpectedValueException $refused) {
        continue;
    }
    if ($sign === '=') {
        $sign = order(preg_replace('/^v/i', '', $a), preg_replace('/^v/i', '', $b));
    }
    echo "$a $sign $b\n";
}
