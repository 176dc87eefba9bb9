"""JSON Lines are read as Python's json reads them, for any cut into parts and any number of threads."""

import gzip
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passcurve as pk
from jsonlines import counted, twin

blanks = st.text(" \t\r", max_size=2)
texts = st.text(st.characters(codec="utf-8"), max_size=90) | st.text('\\"nu\x00\x1f/aé😀', max_size=90)
numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
skipped = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def escaped(draw, text):
    """The text in quotes, any of its characters escaped."""
    shown = []
    for character in text:
        how = draw(st.integers(0, 5))
        if how == 0:
            units = character.encode("utf-16-be")
            shown.append(
                "".join(
                    f"\\u{units[at]:02{draw(st.sampled_from('xX'))}}{units[at + 1]:02x}"
                    for at in range(0, len(units), 2)
                )
            )
        elif how == 1 and character == "/":
            shown.append("\\/")
        else:
            shown.append(json.dumps(character, ensure_ascii=False)[1:-1])
    return '"' + "".join(shown) + '"'


def written(draw, value):
    """A value as JSON, with blanks anywhere."""
    if isinstance(value, dict):
        members = [
            f"{draw(blanks)}{escaped(draw, key)}{draw(blanks)}:{written(draw, each)}" for key, each in value.items()
        ]
        return f"{draw(blanks)}{{{','.join(members) or draw(blanks)}}}{draw(blanks)}"
    if isinstance(value, list):
        return f"{draw(blanks)}[{','.join(written(draw, each) for each in value) or draw(blanks)}]{draw(blanks)}"
    shown = escaped(draw, value) if isinstance(value, str) else json.dumps(value)
    return draw(blanks) + shown + draw(blanks)


@st.composite
def logs(draw):
    """The bytes of a log; most lines have the layout of the line before."""
    ids = draw(st.sampled_from([st.sampled_from(["a", "b", "\u2028", '"', ""]) | texts, st.integers(2**53, 2**53 + 2)]))
    oks = draw(st.sampled_from([st.booleans(), st.sampled_from([0, 1, 0.0, 1.0])]))
    lines, plain = [], draw(st.booleans())
    others = draw(
        st.lists(texts.filter(lambda key: key not in {"model", "ok", "doc", "doc.id"}), max_size=3, unique=True)
    )
    for _ in range(draw(st.integers(1, 12))):
        row = {"model": draw(st.sampled_from(["m", "n\\", None])), "ok": draw(oks | st.none())}
        row["doc"] = {"x": draw(skipped), "id": draw(ids | st.none())}
        row |= {key: draw(skipped) for key in others}
        if draw(st.integers(0, 6)) == 0:
            row["doc.id"] = draw(ids | st.none())
        if draw(st.integers(0, 6)) == 0:
            row["doc"] = draw(st.none() | st.just({}) | st.integers())
        if draw(st.integers(0, 6)) == 0:
            del row[draw(st.sampled_from(["model", "ok", "doc"]))]
        if not plain and draw(st.booleans()):
            row = dict(draw(st.permutations(list(row.items()))))
        lines.append(json.dumps(row) if plain else written(draw, row))
        lines.extend(draw(st.lists(blanks, max_size=1)))
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    return (ends.join(lines) + draw(st.sampled_from(["", ends]))).encode()


@settings(max_examples=200, deadline=None)
@given(content=logs(), range_bytes=st.integers(1, 300) | st.none(), threads=st.sampled_from([1, 2, 3, 8]))
def test_twin(content, range_bytes, threads, tmp_path_factory):
    path = tmp_path_factory.mktemp("twin") / "log.jsonl"
    path.write_bytes(content)
    expected = twin(content)
    try:
        found = counted(path, range_bytes=range_bytes, threads=threads)
    except ValueError as error:
        # A column that is on no line at all is a wrong name.
        name = re.match(r"no column '?\"?([\w.]+)", str(error))
        assert name
        assert not any(has(line, name[1]) for line in content.decode().split("\n") if line.strip())
        return
    assert (sorted(found.frame.rows()), found.provenance.nulls, found.provenance.null_ids) == expected
    packed = path.with_name("log.ndjson.gz")
    packed.write_bytes(gzip.compress(content[: len(content) // 2]) + gzip.compress(content[len(content) // 2 :]))
    assert counted(packed) == found


changes = st.tuples(
    st.integers(0, 10**6),
    st.sampled_from(["put", "insert", "delete"]),
    st.integers(0, 255) | st.sampled_from(list(b'"\\{}[]:,0-.eu')),
)


@settings(max_examples=200, deadline=None)
@given(content=logs(), changed=st.lists(changes, min_size=1, max_size=3), range_bytes=st.integers(1, 300) | st.none())
def test_damaged_lines(content, changed, range_bytes, tmp_path_factory):
    """What Python's json refuses is refused, and what is read is what it reads."""
    damaged = bytearray(content)
    for at, how, byte in changed:
        place = at % (len(damaged) + 1)
        damaged[place : place + (how != "insert")] = b"" if how == "delete" else bytes([byte])
    path = tmp_path_factory.mktemp("damaged") / "log.jsonl"
    path.write_bytes(damaged)
    try:
        expected = twin(bytes(damaged))
    except (ValueError, TypeError, AttributeError):
        with pytest.raises(ValueError):  # noqa: PT011  # any of its messages
            counted(path, range_bytes=range_bytes)
        return
    try:
        found = counted(path, range_bytes=range_bytes)
    except ValueError:
        return
    assert (sorted(found.frame.rows()), found.provenance.nulls, found.provenance.null_ids) == expected


def has(line, name):
    row = json.loads(line)
    inner = row.get("doc")
    return name in row or (name == "doc.id" and isinstance(inner, dict) and "id" in inner)


def test_json_suite(shared):
    """The cases of JSONTestSuite, each in the last line of a log: y is accepted, n refused, i either."""
    folder = shared / "corpora" / "jsonsuite"
    cases = json.loads((folder / "manifest.json").read_text())["files"]
    wrong = []
    for case in cases:
        words = {"problem": "problem_id", "verdict": "verdict", "by": None, "on_null": "fail"}
        try:
            found = counted(folder / case["file"], threads=1, **words)
        except pk.DataError as error:
            outcome = "error" if f"{case['file']}, line " in str(error) else f"no place: {error}"
        else:
            rows = [[*row] for row in found.frame.rows()]
            expected = None if case["tally"] is None else [[name, n, c] for name, n, _, c in case["tally"]]
            outcome = "tally" if case["outcome"] == "error" or rows == expected else f"not exact: {rows}"
        if outcome not in case["outcome"].split("_or_"):
            wrong.append((case["file"], case["outcome"], outcome))
    assert not wrong
    assert len(cases) == 308
