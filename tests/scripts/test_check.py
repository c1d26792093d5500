# SPDX-License-Identifier: GPL-2.0
"""scripts/check: each of its checks of the series fires."""

import shutil

import pytest


SERIES = ["listed_patches", "git_am", "quilt_push", "tree_is_series", "export_repeats", "checkpatch", "kernel_doc",
          "no_sign_off", "subjects"]


def results(lab):
    """{check: "ok" or what is wrong}, of those that look at the series and not at this repository."""
    found = {}
    for line in lab.run("check", *SERIES).stdout.splitlines():
        words = line.split(maxsplit=3)
        if words[:1] == ["check:"] and words[1] == "ok":
            found[words[2]] = "ok"
        elif words[:1] == ["check:"] and words[1] == "FAIL":
            found[words[2].rstrip(":")] = words[3]
    return found


def last(lab):
    return sorted(lab.patches.glob("*.patch"))[-1]


def test_good_series(lab):
    assert results(lab) == dict.fromkeys(SERIES, "ok")


def test_unknown_check(lab):
    done = lab.run("check", "quilt")
    assert done.returncode == 2 and "usage: " in done.stderr and "quilt_push" in done.stderr


def test_corrupted_patch(lab):
    last(lab).write_text(last(lab).read_text().replace("+stub", "stub"))
    found = results(lab)
    assert "does not apply" in found["git_am"] and found["quilt_push"] != "ok"


def test_quilt_gives_something_else(lab, fake_tool):
    real = shutil.which("quilt")
    for damage in ("echo more >>arch/x86/pvh.c", "chmod +x arch/x86/stub.c", "rm arch/x86/stub.c",
                   "touch arch/x86/new.c"):
        lab.env["PATH"] = fake_tool("quilt", f'{real} "$@" && {damage}')
        assert results(lab)["quilt_push"] != "ok", damage
        lab.env["PATH"] = lab.env["PATH"].split(":", 1)[1]


def test_stray_and_missing_patch(lab):
    (lab.patches / "0009-stray.patch").write_text("x")
    assert "0009-stray.patch: not in" in results(lab)["listed_patches"]
    (lab.patches / "0009-stray.patch").unlink()
    last(lab).unlink()
    assert "no such file" in results(lab)["listed_patches"]


@pytest.mark.parametrize("end", ["", "\n# More.\n"])
def test_part_without_a_patch(lab, end):
    with (lab.patches / "series").open("a") as series:
        series.write(f"\n# Part 9: Nothing\n{end}")
    assert "Part 9: Nothing: has no patch" in results(lab)["listed_patches"]


def test_edited_view(lab):
    (lab.views / "arch/x86/stub.c").write_text("edited by hand\n")
    assert "make export would change it" in results(lab)["export_repeats"]
    lab.ok("export")
    (lab.views / "arch/x86/extra.c").write_text("of no patch\n")
    assert "extra.c" in results(lab)["export_repeats"]


def test_work_in_the_tree(lab):
    lab.commit("x86/pvh: Mine", {"arch/x86/mine.c": "mine\n"})
    assert "make export" in results(lab)["tree_is_series"]


def test_sign_off(lab):
    last(lab).write_text(last(lab).read_text().replace("\n---\n", "\nSigned-off-by: A <a@example.org>\n---\n", 1))
    found = results(lab)
    assert "has a Signed-off-by" in found["no_sign_off"] and "Signed-off-by" in found["export_repeats"]


@pytest.mark.parametrize("length, result", [(75, "ok"), (76, "longer than 75")])
def test_long_subject(lab, length, result):
    lab.commit("x86/pvh: ".ljust(length, "x"), {"arch/x86/mine.c": "mine\n"})
    lab.ok("export")
    assert result in results(lab)["subjects"]


def test_checkpatch_complains(lab):
    lab.write(lab.linux, {"scripts/checkpatch.pl": 'print "$ARGV[-1]:1: WARNING:X: ugly\\n"; exit 1;\n'})
    lab.ok("base")
    lab.ok("tree")
    assert "WARNING:X: ugly" in results(lab)["checkpatch"]


def test_kernel_doc_complains(lab):
    """Of a file that the base has, too, and of one that is new: the line of a warning does not count."""
    lab.write(lab.linux, {"scripts/kernel-doc": """\
import os, sys
for name in filter(os.path.exists, sys.argv[3:]):
    print(f"Warning: {name}:{os.stat(name).st_size} is undescribed")
"""})
    lab.ok("base")
    lab.ok("tree")
    assert results(lab)["kernel_doc"] == "Warning: arch/x86/stub.c is undescribed"
