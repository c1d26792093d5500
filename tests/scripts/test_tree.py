# SPDX-License-Identifier: GPL-2.0
"""scripts/tree, scripts/export and scripts/clean: nothing of the developer's is lost, and the bytes repeat."""

import shutil

import pytest


def patch(lab, number):
    return sorted(lab.patches.glob("*.patch"))[number - 1]


def test_series_becomes_commits(lab):
    shutil.rmtree(lab.tree)
    lab.ok("tree")
    assert lab.git("log", "--reverse", "--format=%s", "base..series").splitlines() == [
        "x86/pvh: Fix two", "x86/pvh: Add the stub"]
    assert (lab.tree / "arch/x86/pvh.c").read_text() == "one\n2\n3\n"
    assert lab.git("status", "--porcelain") == ""
    before = lab.git("rev-parse", "HEAD")
    shutil.rmtree(lab.tree)
    lab.ok("tree")
    assert lab.git("rev-parse", "HEAD") == before, "the same series gives the same commits"


def test_export_repeats(lab):
    before = lab.snapshot(lab.patches, lab.views)
    lab.ok("export")
    assert lab.snapshot(lab.patches, lab.views) == before
    shutil.rmtree(lab.tree)
    lab.ok("tree")
    lab.ok("export", "--check")
    assert lab.snapshot(lab.patches, lab.views) == before


def test_export_makes_views_and_snippet(lab):
    assert (lab.views / "arch/x86/stub.c").read_text() == "stub\n"
    assert (lab.views / "Documentation/pvh.rst").read_text() == "text\n"
    assert not (lab.views / "arch/x86/pvh.c").exists(), "the base has it already"
    assert "STUB\nF:\tarch/x86/stub.c\n" in (lab.views / "MAINTAINERS.snippet").read_text()
    assert "FIRST" not in (lab.views / "MAINTAINERS.snippet").read_text()


def test_export_keeps_comments_in_front_of_their_patch(lab):
    series = lab.patches / "series"
    names = [path.name for path in sorted(lab.patches.glob("*.patch"))]
    series.write_text(f"# SPDX-License-Identifier: GPL-2.0\n# Header.\n\n# Part 1.\n{names[0]}\n\n# Part 2.\n{names[1]}\n")
    lab.git("reset", "-q", "--hard", "base")
    lab.commit("x86/pvh: Come first", {"arch/x86/first.c": "first\n"})
    for commit in lab.git("rev-list", "--reverse", "base..ORIG_HEAD").splitlines():
        lab.git("cherry-pick", commit)
    lab.ok("export")
    assert series.read_text() == ("# SPDX-License-Identifier: GPL-2.0\n# Header.\n"
                                  "0001-x86-pvh-Come-first.patch\n"
                                  "\n# Part 1.\n0002-x86-pvh-Fix-two.patch\n"
                                  "\n# Part 2.\n0003-x86-pvh-Add-the-stub.patch\n")
    assert len(list(lab.patches.glob("*.patch"))) == 3, "the old numbers are gone"


def test_export_drops_what_the_series_dropped(lab):
    lab.git("reset", "-q", "--hard", "HEAD^")
    lab.ok("export")
    assert not (lab.views / "arch").exists() and len(list(lab.patches.glob("*.patch"))) == 1


@pytest.mark.parametrize("what, says", [("dirty", "uncommitted changes"), ("signed", "Signed-off-by"),
                                        ("merge", "has a merge"), ("rebase", "in progress")])
def test_export_refuses(lab, what, says):
    before = lab.snapshot(lab.patches, lab.views)
    if what == "dirty":
        (lab.tree / "arch/x86/pvh.c").write_text("edited\n")
    elif what == "signed":
        lab.commit("x86/pvh: Sign", {"arch/x86/a.c": "a\n"}, body="Signed-off-by: A <a@example.org>\n")
    elif what == "merge":
        lab.git("checkout", "-q", "-b", "side", "HEAD^")
        lab.commit("x86/pvh: Aside", {"arch/x86/side.c": "a\n"})
        lab.git("checkout", "-q", "series")
        lab.git("merge", "-q", "--no-edit", "side")
    else:
        (lab.tree / ".git/rebase-merge").mkdir()
    lab.fails("export", says=says)
    assert lab.snapshot(lab.patches, lab.views) == before


def test_patch_that_does_not_apply(lab):
    lab.make_kernel(sublevel=10)
    lab.write(lab.linux, {"arch/x86/pvh.c": "something else\n"})
    lab.ok("base")
    before = lab.git("rev-parse", "HEAD")
    line = lab.fails("tree", says="0001-x86-pvh-Fix-two.patch does not apply to Linux 7.3.10")
    assert "arch/x86/pvh.c" in line and "tree.log" in line
    assert lab.git("rev-parse", "HEAD") == before
    lab.fails("tree", says="does not apply")


def test_corrupted_patch(lab):
    text = patch(lab, 2).read_text()
    patch(lab, 2).write_text(text.replace("+3\n", "", 1))
    lab.fails("tree", says="0002-x86-pvh-Add-the-stub.patch does not apply")
    patch(lab, 2).write_text("rubbish\n")
    lab.fails("tree", says="0002-x86-pvh-Add-the-stub.patch does not apply")
    patch(lab, 2).unlink()
    lab.fails("tree", says="which is missing")


def test_first_tree_of_a_bad_series_is_not_taken_for_finished(lab):
    shutil.rmtree(lab.tree)
    good = patch(lab, 2).read_text()
    patch(lab, 2).write_text("rubbish\n")
    lab.fails("tree", says="does not apply")
    assert not lab.tree.exists()
    patch(lab, 2).write_text(good)
    lab.ok("tree")
    assert (lab.tree / "arch/x86/stub.c").is_file()


def test_unchanged_files_keep_their_time(lab):
    stub, other = (lab.tree / "arch/x86" / name for name in ("stub.c", "other.c"))
    before = stub.stat().st_mtime_ns, other.stat().st_mtime_ns
    patch(lab, 1).write_text(patch(lab, 1).read_text().replace("+2\n", "+zwei\n"))
    patch(lab, 2).write_text(patch(lab, 2).read_text().replace(" 2\n", " zwei\n"))
    lab.ok("tree")
    assert "zwei" in (lab.tree / "arch/x86/pvh.c").read_text()
    assert (stub.stat().st_mtime_ns, other.stat().st_mtime_ns) == before


def change_patches(lab):
    patch(lab, 2).write_text(patch(lab, 2).read_text().replace("+stub\n", "+STUB\n"))


@pytest.mark.parametrize("work", ["edit", "new file", "commit"])
def test_work_in_the_tree_is_not_overwritten(lab, work):
    if work == "commit":
        lab.commit("x86/pvh: Mine", {"arch/x86/mine.c": "mine\n"})
    else:
        (lab.tree / "arch/x86" / ("pvh.c" if work == "edit" else "mine.c")).write_text("mine\n")
    before, head = lab.snapshot(lab.tree), lab.git("rev-parse", "HEAD")
    assert "has work that is not in" in lab.ok("tree"), "patches have not changed: nothing to do, but said"
    change_patches(lab)
    lab.fails("tree", says="make export first")
    lab.fails("clean", says="make export first")
    assert lab.snapshot(lab.tree) == before and lab.git("rev-parse", "HEAD") == head
    lab.ok("tree", FORCE="1")
    assert (lab.tree / "arch/x86/stub.c").read_text() == "STUB\n"


def test_exported_work_is_no_obstacle(lab):
    lab.commit("x86/pvh: Mine", {"arch/x86/mine.c": "mine\n"})
    lab.ok("export")
    change_patches(lab)
    lab.ok("tree")
    assert (lab.tree / "arch/x86/mine.c").is_file() and (lab.tree / "arch/x86/stub.c").read_text() == "STUB\n"


def test_interrupted_update_recovers(lab):
    """Stopped between two files of a checkout: git's lock is left, and some files are new already."""
    (lab.tree / ".git/xen-pvh-update").write_text(lab.git("rev-parse", "HEAD") + "\n")
    (lab.tree / ".git/index.lock").write_text("")
    (lab.tree / "arch/x86/pvh.c").write_text("half\n")
    change_patches(lab)
    lab.ok("tree")
    assert (lab.tree / "arch/x86/pvh.c").read_text() == "one\n2\n3\n"
    assert (lab.tree / "arch/x86/stub.c").read_text() == "STUB\n"


def test_interrupted_first_run_recovers(lab):
    shutil.move(lab.tree, lab.build / "tree.new")
    (lab.build / "applied").mkdir()
    lab.ok("tree")
    assert (lab.tree / "arch/x86/stub.c").is_file() and not (lab.build / "tree.new").exists()


def test_clean_keeps_the_downloads(lab):
    (lab.build / "cache").mkdir(exist_ok=True)
    (lab.build / "cache/some.deb").write_text("x")
    lab.ok("clean")
    assert [path.name for path in lab.build.iterdir()] == ["cache"]
