"""Writes seeded pairs of version texts for one scheme, a pair a line, separated by a tab.

usage: pairs.py SCHEME COUNT

First come all pairs of a few texts that tools trip over, then COUNT drawn ones. Half of
the second texts are the first one with one sign changed, so that near pairs are
met; the rest is drawn anew. The same arguments give the same pairs on every machine.
"""

import itertools
import random
import sys


def numbers(draw, low, high, separators=".", zeros=True):
    parts = []
    for _ in range(draw.randint(low, high)):
        part = str(draw.choice([0, 0, 1, 1, 2, 9, 10, 11, 100, 20240131]))
        parts.append("0" + part if zeros and draw.random() < 0.08 else part)
    text = parts[0]
    for part in parts[1:]:
        text += draw.choice(separators) + part
    return text


def identifiers(draw, alphabet):
    return ".".join(draw.choice(alphabet) for _ in range(draw.randint(1, 3)))


SEMVER_WORDS = ["0", "1", "2", "10", "alpha", "beta", "rc", "a", "A", "x-y", "-", "1a", "rc1", "0a"]


def semver(draw):
    text = numbers(draw, 3, 3, zeros=False)
    if draw.random() < 0.5:
        text += "-" + identifiers(draw, SEMVER_WORDS)
    if draw.random() < 0.2:
        text += "+" + identifiers(draw, SEMVER_WORDS)
    return text


def pep440(draw):
    text = draw.choice(["", "", "", "v", "1!"]) + numbers(draw, 1, 4)
    if draw.random() < 0.4:
        text += draw.choice(["", ".", "-", "_"]) + draw.choice(
            ["a", "b", "rc", "c", "alpha", "beta", "pre", "preview", "RC"]
        )
        text += draw.choice(["", "0", "1", "2", "10", ".1", "-2", "01"])
    if draw.random() < 0.3:
        text += draw.choice([".post", "-post", "post", "-", ".rev", ".r"]) + draw.choice(["0", "1", "10", "01"])
    if draw.random() < 0.3:
        text += draw.choice([".dev", "-dev", "dev"]) + draw.choice(["", "0", "1", "10"])
    if draw.random() < 0.2:
        text += "+" + draw.choice(["1", "a", "a.1", "a-1", "1.a", "ubuntu.1", "01"])
    return text


def maven(draw):
    words = ["alpha", "beta", "milestone", "rc", "cr", "snapshot", "SNAPSHOT", "ga", "final", "Final",
             "RELEASE", "sp", "a", "b", "m", "x", "jre", "android", "redhat", "v", "M", "RC", "A"]
    text = numbers(draw, 1, 4)
    for _ in range(draw.choice([0, 0, 1, 1, 1, 2, 3])):
        text += draw.choice(["-", ".", "", "-"])
        text += draw.choice(words) if draw.random() < 0.7 else numbers(draw, 1, 2)
        text += draw.choice(["", "", "1", "2", "-1", "10", ".1", "0"])
    return text + draw.choice(["", "", "", "", "", ".", "-"])


def gem(draw):
    text = numbers(draw, 1, 4)
    for _ in range(draw.choice([0, 0, 1, 2])):
        text += "." + draw.choice(["a", "b", "rc", "rc1", "beta2", "pre", "0", "1", "B", "1a", "a1b", "00"])
    if draw.random() < 0.2:
        text += "-" + draw.choice(["x", "1", "a.1", "a-b", "0"])
    return text


def composer(draw):
    if draw.random() < 0.1:
        return draw.choice(["", "v"]) + numbers(draw, 1, 3, zeros=False) + draw.choice([".x-dev", "-dev", ".*-dev"])
    if draw.random() < 0.1:
        text = draw.choice(["2010-01-02", "20100102", "2010.01.02", "201001", "2010-01-02-10-20-30.5", "20100102-203040"])
    else:
        text = draw.choice(["", "", "v", "V"]) + numbers(draw, 1, 4)
    if draw.random() < 0.5:
        text += draw.choice(["", ".", "-", "_"]) + draw.choice(
            ["a", "alpha", "b", "beta", "RC", "rc", "p", "pl", "patch", "stable", "Beta"]
        )
        text += draw.choice(["", "1", "2", ".1", "-1", "10", "2.1", "0"])
    text += draw.choice(["", "", "", "-dev", ".dev", "dev"])
    return text + draw.choice(["", "", "", "", "+build", "@dev"])


def debian(draw):
    text = draw.choice(["", "", "", "0:", "1:", "2:"]) + numbers(draw, 1, 3)
    for _ in range(draw.choice([0, 0, 1, 2])):
        text += draw.choice(["~", "+", ".", "-", "~~", "a", "rc", "+dfsg", "~rc1", "+git", "Z", "_"])
        text += draw.choice(["", "0", "1", "10"])
    if draw.random() < 0.6:
        text += "-" + draw.choice(["0", "1", "2", "10", "1ubuntu1", "1+deb12u1", "1~bpo11+1", "0.1", "1.1", "a", "1+b1", "00"])
    return text


def rpm(draw):
    text = draw.choice(["", "", "", "0:", "1:", "01:"])
    text += numbers(draw, 1, 3, separators="._+")
    for _ in range(draw.choice([0, 0, 1, 2])):
        text += draw.choice(["~", "^", ".", "a", "rc", "~rc", "^git", "..", "Z"]) + draw.choice(["", "0", "1", "10"])
    if draw.random() < 0.6:
        text += "-" + draw.choice(["1", "2", "10", "1.el9", "1.el10", "229.el7", "229.1.2.ael7b", "0.rc1", "1~x", "", "9.0.1.EL"])
    return text


def cran(draw):
    return numbers(draw, 1, 5, separators=".-") + draw.choice(["", "", "", "", "", "a", "."])


def go(draw):
    text = "v" + numbers(draw, 1, 3, zeros=False)
    if text.count(".") == 2:
        pseudo = f"0.{draw.randint(2015, 2024)}0131120000-{draw.randint(0, 2**48):012x}"
        text += draw.choice(["", "", "-alpha", "-rc.1", "-rc.10", "-0", "-" + pseudo, "-rc.1." + pseudo])
        text += draw.choice(["", "", "", "+incompatible"])
    return text


TELLING = {
    "semver": "0.0.0-0 0.0.0 0.0.1-0 1.0.0-0 1.0.0-1 1.0.0-2 1.0.0-10 1.0.0-A 1.0.0-a 1.0.0-a.0 1.0.0-a.1 1.0.0-a.b "
    "1.0.0-a.b.1 1.0.0-a-b 1.0.0-a1 1.0.0-a10 1.0.0-a2 1.0.0-alpha 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0-0a "
    "1.0.0-- 1.0.0--1 1.0.0-1-1 1.0.0 1.0.0+1 1.0.0+2 1.0.0-rc.1+5 1.0.1 1.2.0 1.10.0 2.0.0 10.0.0",
    "golang": "v0.0.0-20190101000000-0123456789ab v0.0.0-20200101000000-0123456789ab v0.0.0 v0.0.1-0.20200101000000-0123456789ab "
    "v1 v1.0 v1.0.0 v1.2 v1.2.0 v1.2.3 v1.2.4-0.20200101000000-0123456789ab v1.2.4-rc.1 v1.2.4-rc.1.0.20200101000000-0123456789ab "
    "v1.2.4-rc.2 v1.2.4-rc.10 v1.2.4 v1.2.4+incompatible v2.0.0+incompatible v2.0.0 v2.0.0-beta+incompatible v10.0.0",
    "pep440": "0 0.0 1.dev0 1.0.dev1 1.0a0.dev1 1.0a 1.0a0 1.0a1 1.0a1.dev2 1.0a1.post1 1.0a1.post1.dev1 1.0alpha2 1.0a10 1.0b1 "
    "1.0beta1 1.0c1 1.0rc1 1.0-rc.1 1.0pre1 1.0.preview2 1.0 1 1.0.0 v1.0 1.0+a 1.0+a.1 1.0+1 1.0+1.a 1.0+10 1.0+2 1.0+A "
    "1.0+a-1 1.0.post0 1.0.post 1.0-1 1.0.post1 1.0.rev1 1.0r2 1.0.post1.dev3 1.0.post1+a 1.0.1 1.01 1.1.dev1 1.1 1.10 2.0 1!0 1!0.1 0!1.0",
    "maven": "0 1-alpha 1-a 1a1 1-alpha-1 1-alpha2 1-alpha10 1-b1 1-beta-1 1m1 1-milestone-1 1-M2 1-rc 1-cr 1-RC1 1rc2 1.0.RC1 "
    "1.0.0.Beta1 1-SNAPSHOT 1.0-SNAPSHOT 1-rc1-SNAPSHOT 1 1.0 1.0.0 01 1. 1- 1-0 1.ga 1-GA 1.0.Final 1.0.0.RELEASE 1-sp 1-sp-1 1.0.SP1 "
    "1-abc 1-android 1-jre 1.0-jre8 1-x 1x 1-xyz-1 1-1 1-2 1-10 1.0-1 1.0.0.1 1.0.1-SNAPSHOT 1.0.1 1.0.1.Final 1.0.Final-redhat-1 "
    "1.0.1.Final-redhat-00001 1.1 1.2 1.10 2-rc 2 20040616 2147483648 99999999999999999999 1-20200101.101010-1 1.0-b1 1.0-b01",
    "gem": "0 0.0 0.a 0.9 1.a 1.0.a 1.a.0 1.0.a0 1.0.a1 1.0.a.1 1.0.a10 1.0.a2 1.0.A 1.0.alpha 1.0.b 1.0.beta.1 1.0.pre 1.0-x 1.0.pre.x "
    "1-x 1.0.pre1 1.0.rc1 1.0.rc.1 1.0.0.rc1 1.0.1.rc1 1 1.0 1.0.0 01 1.00 1.0.1.a 1.0.1 1.0.01 1.1.a 1.1 1.2 1.10 2 2.0.0.0.1 1.0-1 1.0-1.1 1.0.a.0.b",
    "composer": "0 0.1 1.0-dev 1.0.dev 1.0a1 1.0-alpha 1.0.0-alpha1 1.0-alpha2 1.0-alpha10 1.0-alpha-dev 1.0b 1.0-beta1 1.0-beta.1 1.0beta2 "
    "1.0-beta2.1 1.0RC1 1.0-rc1 1.0-rc.2 1 v1 V1.0 1.0 1.0.0 1.0.0.0 1.0-stable 1.0+build 1.0@dev 1.0p1 1.0-pl1 1.0-patch2 1.0-p10 1.0-p1-dev "
    "1.0.0.1 1.0.1 1.0.x-dev 1.x-dev 1.2 1.2.x-dev 1.10 2.x-dev 2.0 2010 2010.01 2010-01-02 20100102 20100102-beta 20100102-203040 201001 99999.0",
    "debian": "0 0~ 1~~ 1~~a 1~ 1~a 1~rc1 1~rc1-1 1 1-0 1-00 1-1~ 1-1~bpo11+1 1-1 1-1+b1 1-1+deb12u1 1-1.1 1-1ubuntu1 1-1ubuntu1.1 1-2 1-10 "
    "1a 1a-1 1A 1Z 1b 1+ 1+b1 1+dfsg-1 1+git20200101-1 1. 1.0 1.00 1.0-1 1.0.0 1.1 1.10 1.2 1.2a 1.2-rc1-1 1.2-rc1-2 01 0:1 1:0 1:1 1:0~1 2:1 10 a a1 1_1 1-a",
    "rpm": "0 1~rc1 1~rc1^git1 1~~a 1~ 1 1- 1-0 1-1~beta 1-1 1-1.el8 1-1.el9 1-1.el10 1-2 1-10 1^ 1^git1~pre 1^git1 1^git1-1 1^20200101 1^20200101^git1 1a 1a1 "
    "1aa 1.a 1.0 1.0.0 1_0 1..0 1.0. 1.00 1.01 1.1 1.10 1.2 2.0 0:1 1:0 01:0 1:1 2:0~1 10 a a1 a.1 aa A +1 1+ 1.el7 1.1.el7 1160.el7 3.10.0-229.el7 3.10.0-229.1.2.ael7b",
    "cran": "0 0.0 0.01 0.1 0.1-0 0.1.0 0-1 0.75 0.9 0.9-1 0.10 1 1.0 1-0 1.0.0 1.0-1 1.0.1 1-0-1 1.1 1.01 1.2-3 1.2.3 1.2.3.4 1.10 2 10 2020.1 1.2. 1.a .1",
}
TELLING["bitnami"] = TELLING["hex"] = TELLING["semver"]

SCHEMES = {
    "semver": semver, "bitnami": semver, "hex": semver, "golang": go, "pep440": pep440,
    "maven": maven, "gem": gem, "composer": composer, "debian": debian, "rpm": rpm, "cran": cran,
}


def changed(draw, text):
    at = draw.randrange(len(text) + 1)
    sign = draw.choice("01234.-a" + text)
    return draw.choice([text[:at] + text[at + 1:], text[:at] + sign + text[at:], text[:at] + sign + text[at + 1:]])


def main():
    scheme, count = sys.argv[1], int(sys.argv[2])
    draw = random.Random(f"sealgate {scheme}")
    make = SCHEMES[scheme]
    for pair in itertools.combinations(TELLING[scheme].split(), 2):
        print(*pair, sep="\t")
    written = 0
    while written < count:
        a = make(draw)
        b = changed(draw, a) if draw.random() < 0.5 else make(draw)
        if b and " " not in b:
            print(f"{a}\t{b}")
            written += 1


main()
