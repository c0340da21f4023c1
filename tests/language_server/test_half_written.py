"""Whatever half-written text an editor holds, every question about it has an answer."""

from __future__ import annotations

import pytest

pytest.importorskip("lsprotocol", reason="the extra erisc[lsp] is not installed")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erisc.language_server.analysis import Analysis
from erisc.language_server.completion import complete
from erisc.language_server.hover import hover
from erisc.language_server.messages import actions, by_file, uri_of
from erisc.language_server.outline import outline
from erisc.language_server.positions import Positions
from erisc.language_server.rename import RefusedError, renamed
from tests.compiler.frame import FIXTURES, FRAME

RICH = (FIXTURES / "rich.eris").read_text()
LANGUAGE = (FIXTURES / "language.eris").read_text()


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A spec with a stretch cut out, doubled, or replaced."""
    text = draw(st.sampled_from([FRAME, RICH, LANGUAGE]))
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.integers(0, 60)))
    middle = draw(
        st.one_of(
            st.sampled_from(["", " ", "\n", "{", "}", "(", '"', "//", ".", text[start:end] * 2]), st.text(max_size=5)
        )
    )
    return text[:start] + middle + text[end:]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=texts(), share=st.floats(0, 1))
def test_every_question_is_answered(text: str, share: float) -> None:
    path = "/specs/spec.eris"
    analysis = Analysis(path, {path: text.encode("utf-8", "replace")})
    read = analysis.source.text
    offset = int(share * len(read))
    positions = Positions(read)
    hover(analysis, offset)
    labels = [one.label for one in complete(analysis, offset)]
    assert len(labels) == len(set(labels))
    outline(analysis, positions)
    by_file(analysis, "utf-16")
    list(actions(analysis, uri_of(path), positions.range(0, len(read)), "utf-16"))
    found = analysis.at(offset)
    if found is not None:
        assert 0 <= found.start < found.end <= len(read)
        analysis.definitions(found.key)
        try:
            places = renamed([analysis], found.key, "fresh_name")
        except RefusedError:
            return
        assert {read[place.start : place.end] for place in places if place.path == path} <= {found.key[-1]}


@given(text=st.text(), offset=st.integers(0, 50), encoding=st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_positions_lead_back(text: str, offset: int, encoding: str) -> None:
    positions = Positions(text, encoding)
    offset = min(offset, len(text))
    assert positions.offset(positions.position(offset)) == offset
