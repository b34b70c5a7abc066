"""DOT to pictures with the real renderers, and files that are written whole or not at all."""

from __future__ import annotations

import os
import re
import stat
import threading
from pathlib import Path
from xml.etree import ElementTree

import graphviz
import pytest
from graphviz.backend import dot_command

from viz.files import write, writing
from viz.picture.render import RenderError, dot_binary, render, renderer

SOURCE = """digraph {
    rankdir=LR node [fontname="Arial" shape=plain]
    x [label=<<TABLE><TR><TD>x</TD></TR><TR><TD>\u2202f/\u2202x = \u22124</TD></TR></TABLE>>]
    f [shape=record label="{f|value \u221212|grad 1}"]
    x -> f
}"""


@pytest.mark.usefixtures("each_renderer")
class TestEachRenderer:
    def test_svg_is_well_formed_and_holds_the_text(self) -> None:
        text = "".join(ElementTree.fromstring(render(SOURCE, "svg")).itertext())
        assert "\u2202f/\u2202x = \u22124" in text
        assert "value \u221212" in text

    def test_png_has_its_size_in_the_header(self) -> None:
        png = render(SOURCE, "png")
        width, height = (int.from_bytes(png[i : i + 4], "big") for i in (16, 20))
        assert png.startswith(b"\x89PNG\r\n\x1a\n")
        assert 100 < width < 2000
        assert 20 < height < 1000

    @pytest.mark.parametrize(
        "source",
        ["", "digraph { x -> ", "digraph { x [label=<<B>x>] }", 'digraph { x [label="\0"] }', "hello"],
    )
    def test_bad_source_is_an_error_of_one_line(self, source: str) -> None:
        with pytest.raises(RenderError) as caught:
            render(source, "svg")
        assert "\n" not in str(caught.value)
        assert renderer() in str(caught.value)  # type: ignore[operator]

    def test_a_lone_surrogate_is_drawn_as_a_question_mark(self) -> None:
        assert b">?</text>" in render('digraph { x [label="\ud800"] }', "svg")

    def test_warnings_of_the_renderer_stay_unheard(self, capfd: pytest.CaptureFixture[str]) -> None:
        render('digraph { x [shape=nonsense fontname="Nowhere" label="\u2202"] }', "svg")
        assert capfd.readouterr() == ("", "")

    def test_a_layout_that_takes_too_long_is_stopped(self) -> None:
        tangle = "".join(f"{i}->{j * j % 399} " for i in range(400) for j in range(i))
        with pytest.raises(RenderError, match=r"no layout within 0\.2 s"):
            render(f"digraph {{{tangle}}}", "svg", timeout=0.2)

    def test_a_digraph_draws_itself_inside_dot_binary(self, tmp_path: Path, each_renderer: str) -> None:
        digraph = graphviz.Digraph()
        digraph.edge("x", "f")
        with dot_binary() as name:
            picture = digraph.render(tmp_path / "graph", format="svg")
        assert name == each_renderer
        assert ElementTree.parse(picture).getroot().tag.endswith("svg")


def test_dot_is_preferred_where_both_are_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("a shell script is no command on Windows")
    for name in ("dot", "graphviz-pure"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert renderer() == "dot"


def test_the_global_of_the_graphviz_package_is_restored(each_renderer: str) -> None:
    before = dot_command.DOT_BINARY
    with dot_binary():
        assert Path(dot_command.DOT_BINARY).is_absolute()
        assert Path(dot_command.DOT_BINARY).stem == each_renderer
    assert before == dot_command.DOT_BINARY
    with pytest.raises(KeyError), dot_binary():
        raise KeyError
    assert before == dot_command.DOT_BINARY


def test_threads_render_side_by_side(each_renderer: str) -> None:
    before, pictures = dot_command.DOT_BINARY, []
    threads = [threading.Thread(target=lambda: pictures.append(render(SOURCE, "svg"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pictures) == 8
    assert len(set(pictures)) == 1
    assert before == dot_command.DOT_BINARY


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer_the_error_names_the_cure() -> None:
    assert renderer() is None
    with pytest.raises(RenderError, match="pip install graphviz-pure"):
        render(SOURCE, "svg")


def test_a_renderer_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("Windows knows a program by its suffix")
    (tmp_path / "dot").write_bytes(b"\x00not a program")
    (tmp_path / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RenderError, match=r"did not start.*pip install graphviz-pure"):
        render(SOURCE, "svg")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="render: format: expected one of svg, png, got 'pdf'"):
        render(SOURCE, "pdf")  # type: ignore[arg-type]


class TestWrite:
    def test_text_and_bytes(self, tmp_path: Path) -> None:
        write(tmp_path / "text", "\u2202f\n")
        write(str(tmp_path / "bytes"), b"\x00\r\n")
        assert (tmp_path / "text").read_bytes() == "\u2202f\n".encode()
        assert (tmp_path / "bytes").read_bytes() == b"\x00\r\n"
        assert len(list(tmp_path.iterdir())) == 2

    def test_a_failure_leaves_the_old_file_and_nothing_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "graph.svg"
        path.write_text("old")

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"No space left on device: .*graph\.svg"):
            write(path, "new")
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_the_error_names_the_file_that_was_asked_for(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"missing.*graph\.svg"):
            write(tmp_path / "missing" / "graph.svg", "new")
        with pytest.raises(IsADirectoryError if os.name == "posix" else PermissionError):
            write(tmp_path, "new")

    @pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX")
    def test_permissions_links_and_devices(self, tmp_path: Path) -> None:
        path, link = tmp_path / "private", tmp_path / "link"
        path.write_text("old")
        path.chmod(0o640)
        link.symlink_to(path)
        write(link, "new")
        write("/dev/null", "nothing")
        assert path.read_text() == "new"
        assert link.is_symlink()
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert Path("/dev/null").is_char_device()

    @pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
    def test_links_to_nothing_to_themselves_and_to_pipes(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("new")
        write(tmp_path / "link", "text")
        assert (tmp_path / "new").read_text() == "text"
        (tmp_path / "loop").symlink_to("loop")
        with pytest.raises(OSError, match=r"symbolic links.*loop"):
            write(tmp_path / "loop", "text")
        assert {path.name for path in tmp_path.iterdir()} == {"link", "new", "loop"}
        ends = os.pipe()
        write(f"/dev/fd/{ends[1]}", "text")
        assert os.read(ends[0], 10) == b"text"
        for end in ends:
            os.close(end)

    def test_a_file_that_may_not_be_written_stays(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (path := tmp_path / "old").write_text("old")
        path.chmod(0o444)
        monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anything
        with pytest.raises(PermissionError, match="old"):
            write(path, "new")
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.skipif(not hasattr(os, "chown"), reason="owners of POSIX")
    def test_owner_and_group_are_kept_where_they_may(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (path := tmp_path / "old").write_text("old")
        asked = []

        def chown(_: object, owner: int, group: int) -> None:
            asked.append((owner, group))
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "chown", chown)
        write(path, "new")
        assert path.read_text() == "new"
        assert asked == [(-1, path.stat().st_gid), (path.stat().st_uid, -1)]

    def test_a_folder_that_may_not_be_written_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        (path := tmp_path / "old").write_text("old")
        monkeypatch.setattr(Path, "open", refused)  # root may write anything
        with pytest.raises(PermissionError, match=re.escape(f"Permission denied in the folder {tmp_path}: ")):
            write(path, "new")

    def test_files_that_are_written_together(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("old")
        with pytest.raises(FileNotFoundError), writing(tmp_path / "a", "new"), writing(tmp_path / "no" / "b", "new"):
            pass
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]
        with writing(tmp_path / "a", "new"), writing(tmp_path / "b", "new"):
            assert (tmp_path / "a").read_text() == "old"
        assert {(path.name, path.read_text()) for path in tmp_path.iterdir()} == {("a", "new"), ("b", "new")}

    @pytest.mark.parametrize("name", ["new/", ""])
    def test_what_names_no_file(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(IsADirectoryError):
            write(name, "text")
        assert list(tmp_path.iterdir()) == []

    def test_a_new_file_has_the_permissions_of_any_new_file(self, tmp_path: Path) -> None:
        (tmp_path / "plain").write_text("")
        write(tmp_path / "ours", "")
        assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode
