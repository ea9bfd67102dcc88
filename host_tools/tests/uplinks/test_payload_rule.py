"""What goes with an uplink's payload, and what does not: `yigan check` on the demo pole."""

from yigan import conf, places


def findings(tmp_path, *lines) -> list[tuple[str, str]]:
    """(code, what) of each."""
    text = (places.root() / "poles/demo.toml").read_text()
    file = tmp_path / "pole.toml"
    file.write_text(text.replace("port = 1883", "\n".join(("port = 1883", *lines))))
    return [
        (one.code, one.what) for one in conf.check(conf.load(file)) if one.code != "ram_budget"
    ]  # it is a full pole


def test_good(tmp_path):
    assert findings(tmp_path, 'payload = "sparkplug"', 'primary_host = "city"') == []


def test_sparkplug_decides_itself(tmp_path):
    lines = "version = 5", "qos = 2", "clean = false", 'discovery = "homeassistant"'
    found = findings(tmp_path, 'payload = "sparkplug"', *lines, 'prefix = "a/b"', 'primary_host = "c+"')
    told = [what for code, what in found if code == "no_effect"]
    assert all(any(line.split()[0] in what for what in told) for line in lines)
    assert len([code for code, _ in found if code == "bad_sparkplug_id"]) == 2


def test_a_host_without_sparkplug(tmp_path):
    codes = [code for code, _ in findings(tmp_path, 'payload = "cbor"', 'primary_host = "city"')]
    assert codes == ["no_primary_host"]
