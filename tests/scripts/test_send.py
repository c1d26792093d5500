# SPDX-License-Identifier: GPL-2.0
"""scripts/send: one part becomes a branch of b4 and mails, signed off by the sender and nobody else; nothing is sent."""

import re

import pytest

from conftest import ROOT

MAINTAINERS = """\
#!/bin/sh
case "$*" in
*--nom) echo l@example.org ;;
*) echo m@example.org ;;
esac
"""


@pytest.fixture
def parts(lab):
    """The series in two parts, on a base with a list of maintainers; scripts/send takes the base of the lab."""
    lab.write(lab.linux, {"scripts/get_maintainer.pl": MAINTAINERS})
    (lab.linux / "scripts/get_maintainer.pl").chmod(0o755)
    lab.ok("base")
    lab.ok("tree")
    lab.env["LINUX"] = ""
    first, second = (path.name for path in sorted(lab.patches.glob("*.patch")))
    (lab.patches / "series").write_text(f"# Part 1: x86: Fixes\n{first}\n\n# Part 2: x86/pvh: A stub\n{second}\n")
    return lab


@pytest.mark.parametrize("who", ["", "nobody", " <a@example.org>", "A <a@localhost>", "A <a@b.invalid>"])
def test_needs_a_sign_off(parts, who):
    parts.fails("send", "1", says="only a person can sign", SIGNOFF=who)
    assert not (parts.build / "send").exists()


def test_lists_the_parts(parts):
    done = parts.run("send", "3")
    assert done.returncode == 2 and "Part 2: x86/pvh: A stub" in done.stderr


def send(lab, part, **env):
    """Looks at the branch of a part; returns its mail, the only one as the part has one patch, and its cover letter."""
    head, sent = lab.git("rev-parse", "HEAD"), lab.build / "send"
    assert "can defend it in review" in lab.ok("send", part, **env)
    assert lab.git("rev-parse", "HEAD") == head
    mail, = (path.read_text() for path in (sent / ".git/mails").iterdir())
    assert "\nSigned-off-by: B C <b@example.org>\n---\n" in mail and "EDITME" in mail
    assert f"\nbase-commit: {lab.git('rev-parse', 'below', where=sent)}\n" in mail
    cover = lab.git("log", "-1", "--format=%B", "below..HEAD^", where=sent)
    assert "\nTo: m@example.org\nCc: l@example.org\n" in cover
    return mail, cover


def test_on_the_patches_before(parts):
    mail, cover = send(parts, "2", SIGNOFF="B C <b@example.org>")
    assert cover.startswith("x86/pvh: A stub\n") and "Subject: [PATCH] x86/pvh: Add the stub" in mail
    parts.fails("send", "2", says="remove it first", SIGNOFF="B C <b@example.org>")


def test_on_another_tree(parts):
    """Signed off by git's own user."""
    parts.make_git()
    (parts.path / "gitconfig").write_text("[user]\nname = B C\nemail = b@example.org\n")
    mail, cover = send(parts, "1", LINUX=str(parts.linux), GIT_CONFIG_GLOBAL=str(parts.path / "gitconfig"))
    assert cover.startswith("x86: Fixes\n") and "Subject: [PATCH] x86/pvh: Fix two" in mail
    assert parts.git("log", "--format=%s", "below", where=parts.build / "send") == "linux"


def test_cover_letter(parts):
    """A part whose title a cover letter begins with gets that letter."""
    letters = {"fixes.txt": "SPDX\nx86: Fixes\n\nEDITME: tests\n\nThe bugs.\n", "other.txt": "SPDX\nx86: Fixes that\n"}
    parts.write(parts.path / "covers", letters)
    _, cover = send(parts, "1", SIGNOFF="B C <b@example.org>", COVERS=str(parts.path / "covers"))
    assert cover.startswith("x86: Fixes\n\nEDITME: tests\n\nThe bugs.\n")


def test_every_cover_letter_has_a_part():
    titles = re.findall(r"^# Part [^:]*: (.*)$", (ROOT / "patches/series").read_text(), re.M)
    letters = list((ROOT / "covers").iterdir())
    assert letters and all(letter.read_text().split("\n")[1] in titles for letter in letters)
