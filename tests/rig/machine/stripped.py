# SPDX-License-Identifier: GPL-2.0
"""What packagers do to a vmlinux."""

import subprocess

WAYS = ["strip -s -o {target} {source}", "objcopy -R .comment -S {source} {target}"]


def strip(words, source, target):
    """Makes a copy of a vmlinux by these words of a shell."""
    subprocess.run([word.format(source=source, target=target) for word in words.split()], check=True)
