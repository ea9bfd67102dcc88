"""Lists to choose from, secrets, sentences in two languages, the bar."""

import pytest

from yigan.bench import Slot
from yigan.errors import Refused
from yigan.web import choice, tongue, view
from yigan.web.discreet import Discreet


class TestChoice:
    def test_what_looks_like_a_list(self, folder):
        (folder / "prices.csv").write_text("what,price\n", encoding="utf-8")
        (folder / "maps").mkdir()
        (folder / "maps" / "meter.toml").write_text("[registers]\n", encoding="utf-8")
        for hidden in (".git", "node_modules", "a/b/c/d"):
            (folder / hidden).mkdir(parents=True)
            (folder / hidden / "x.toml").write_text('board = "x"\n', encoding="utf-8")
        (folder / "Lampen.CSV").write_text("\ufeffid, File\n", encoding="utf-8")
        (folder / "binary.csv").write_bytes(bytes(range(256)))
        found = [one["path"] for one in choice.candidates(folder)]
        assert found == ["Lampen.CSV", "POLES.csv", "poles"]

    def test_not_more_than_a_page_holds(self, folder):
        for n in range(250):
            (folder / f"{n}.csv").write_text("file\n", encoding="utf-8")
        assert len(list(choice.candidates(folder))) == 200

    def test_outside(self, folder):
        with pytest.raises(Refused):
            choice.inside(folder, "..")
        assert choice.inside(folder, "poles/0.toml") == folder / "poles" / "0.toml"
        assert choice.inside(folder, folder / "poles") == folder / "poles"


class TestDiscreet:
    def test_secrets_of_files_and_tables(self, tmp_path):
        (tmp_path / "a.toml").write_text(
            'id = "pole-0001"\n[[interface]]\nssid = "street"\npassword = "with.dots(and)"\n'
            '[uplink.lora]\nappkey = "00112233445566778899aabbccddeeff"\npin = 25\n[sim]\npin = 123456\n', encoding="utf-8")  # fmt: skip
        table = tmp_path / "P.csv"
        table.write_text("file,interface.wifi.password\na.toml,of the table\n", encoding="utf-8")
        told = Discreet()
        told.learn(table, [tmp_path / "a.toml", tmp_path / "gone.toml"])
        text = "pole-0001 street with.dots(and) withXdots(and) 00112233445566778899aabbccddeeff 25 123456 of the table"
        assert told.told(text) == "pole-0001 street •••• withXdots(and) •••• 25 •••• ••••"

    @pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_secrets_of_a_table_as_excel_saves_it(self, tmp_path, encoding, separator):
        table = tmp_path / "P.csv"
        text = "file,备注,interface.wifi.password\na.toml,南京路,hunter22\n".replace(",", separator)
        table.write_bytes(text.encode(encoding))
        told = Discreet()
        told.learn(table, [])
        assert told.told("hunter22 at 南京路") == "•••• at 南京路"

    def test_the_longer_first(self, tmp_path):
        (tmp_path / "a.toml").write_text('token = "abcd"\nsecret = "abcdefgh"\n', encoding="utf-8")
        told = Discreet()
        told.learn(tmp_path, [tmp_path / "a.toml"])
        assert told.told("abcdefgh") == "••••"

    def test_nothing_learned(self):
        assert Discreet().told("anything") == "anything"


class TestTongue:
    @pytest.mark.parametrize(
        ("en", "zh"),
        [
            ("Nothing answers on this port.", "该端口没有任何应答。"),
            ("TCP port 8470 is busy.", "TCP 端口 8470 被占用。"),
            ("Pole p-1 belongs to the board aabb.", "灯杆 p-1 已绑定板子 aabb。"),
            ("It last said:\nTraceback:\n  boom", "最后的输出：\nTraceback:\n  boom"),
            ("Nothing answers on this port.\nPlug it in.", "该端口没有任何应答。\n请插上板子。"),
        ],
    )
    def test_both_ways(self, en, zh):
        assert tongue.translated(en, "zh") == zh and tongue.translated(zh, "en") == en
        assert tongue.translated(en, "en") == en and tongue.translated(zh, "zh") == zh

    @pytest.mark.parametrize(
        "text", ["", "slot a, 23 sent, 0 copied", "{p} is {q}", "\\", "<b>", "完全陌生的句子"]
    )
    def test_what_is_not_ours_stays(self, text):
        assert tongue.translated(text, "zh") == tongue.translated(text, "en") == text

    def test_a_hostile_board_costs_no_time(self):
        for text in ("It last said:\n" * 5000, " is at " * 20000, "Pole " * 20000):
            assert tongue.translated(text, "zh")

    def test_every_pair_of_the_program_is_found_again(self):
        """Or near: two English texts may have one Chinese."""
        pairs = [(en, zh) for en, zh in tongue._texts() if "{" not in en and len(en) > 12]
        assert len(pairs) > 200
        wrong = [en for en, zh in pairs if tongue._is_chinese(zh) and tongue.translated(en, "zh") != zh]
        assert len(wrong) < 0.02 * len(pairs), wrong

    @pytest.mark.parametrize(
        ("accepted", "language"),
        [("", "en"), ("zh", "zh"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("de,en;q=0.5,zh;q=0.4", "en"), ("en;q=0.1,zh;q=0.2", "zh"),
         ("fr;q=x,zh;q=", "en"), ("*", "en"), (",;=,", "en")],
    )  # fmt: skip
    def test_preferred(self, accepted, language):
        assert tongue.preferred(accepted) == language


class TestBar:
    def test_it_only_grows(self):
        stages = [
            "",
            "ask",
            "connect",
            "backup",
            "erase",
            "write",
            "reset",
            "enter",
            "look",
            "send",
            "verify",
            "start",
            "report",
        ]
        shown = [
            view.percent(Slot("k", "p", state="working", stage=s, done=d, total=4))
            for s in stages
            for d in range(5)
        ]
        assert shown == sorted(shown) and shown[0] == 0 and shown[-1] == 99
        assert view.percent(Slot("k", "p", state="passed", stage="report", total=1)) == 100

    @pytest.mark.parametrize("done", [-5, 99])
    def test_a_board_that_miscounts(self, done):
        assert 54 <= view.percent(Slot("k", "p", state="working", stage="send", done=done, total=2)) <= 82

    def test_a_stage_that_nobody_knows(self):
        assert view.percent(Slot("k", "p", state="working", stage="dance", done=1, total=2)) == 0
