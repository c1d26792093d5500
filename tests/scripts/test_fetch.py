# SPDX-License-Identifier: GPL-2.0
"""scripts/fetch: a mirror that is lost, or lies, is one clear line, and nothing is fetched."""

import functools
import http.server
import threading

import pytest

LOST = "http://127.0.0.1:9/debian"


@pytest.fixture
def forged(tmp_path):
    """A mirror without a signature."""
    dists = tmp_path / "mirror/dists/bookworm"
    dists.mkdir(parents=True)
    (dists / "InRelease").write_text("Origin: Debian\nSuite: stable\nCodename: bookworm\n")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "mirror")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("kind", [[], ["--source"], ["--depends"]])
def test_lost_mirror(lab, tmp_path, kind):
    line = lab.fails("fetch", *kind, tmp_path / "out", "bookworm", "hello", says="cannot read the package list", MIRROR=LOST)
    assert "Could not connect" in line and not (tmp_path / "out").exists()


def test_forged_mirror(lab, tmp_path, forged):
    lab.fails("fetch", tmp_path / "out", "bookworm", "hello", says="cannot read the package list", MIRROR=forged)
    assert not (tmp_path / "out").exists()


def test_mirror_of_a_suite(lab):
    line, = [line for line in lab.ok("fetch", "--mirror", "sid", MIRROR=LOST).splitlines() if LOST in line]
    assert line.startswith("deb [signed-by=/") and line.endswith(f"] {LOST} sid main")


@pytest.mark.parametrize("words", [[], ["out"], ["--mirror"], ["--what", "out", "sid", "hello"]])
def test_wrong_words(lab, words):
    assert lab.run("fetch", *words).returncode == 2
