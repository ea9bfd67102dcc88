"""The command line's frame: exit codes, languages, verbs found by file name. No verb's own work."""

import sys

import click
import pytest

from yigan import cli, lang
from yigan.cli import _text
from yigan.errors import ConfigError, DeviceError, LinkError, Refused, VerifyError


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("YIGAN_LANG", "en")
    yield
    lang.choose(None)


@pytest.fixture
def verb(monkeypatch):
    """Put one verb beside the real ones: `verb(body)` runs `body` when `yigan try-it` is called."""

    def make(body):
        module = type(sys)("yigan.cli.try_it")

        @click.command(cls=_text.Command, examples=(("yigan try-it x", "Try it", "试试"),))
        def command():
            return body()

        module.command = command
        monkeypatch.setitem(sys.modules, "yigan.cli.try_it", module)
        real = cli.Verbs.list_commands
        monkeypatch.setattr(cli.Verbs, "list_commands", lambda self, ctx: [*real(self, ctx), "try-it"])

    return make


def raiser(error):
    def body():
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("bad", "a.toml:3: id", "write x"), 3),
        (LinkError("bad", "a.toml:3: id", "write x"), 4),
        (DeviceError("bad", "a.toml:3: id", "write x"), 5),
        (VerifyError("bad", "a.toml:3: id", "write x"), 6),
        (Refused("bad", "a.toml:3: id", "write x"), 7),
    ],
)
def test_errors_become_text_and_code(verb, capsys, error, code):
    verb(raiser(error))
    assert cli.main(["try-it"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "a.toml:3: id: error: bad\n  write x\n"


def test_error_in_chinese(verb, capsys):
    verb(raiser(LinkError("x")))
    assert cli.main(["try-it", "--lang", "zh"]) == 4
    assert capsys.readouterr().err == "错误：x\n"


def test_a_bug_names_its_place_and_keeps_the_trace_for_later(verb, capsys, monkeypatch):
    verb(raiser(ZeroDivisionError("oops")))
    assert cli.main(["try-it"]) == 1
    err = capsys.readouterr().err
    assert "ZeroDivisionError: oops (test_main.py:" in err and "Traceback" not in err
    monkeypatch.setenv("YIGAN_DEBUG", "1")
    cli.main(["try-it"])
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_clean(verb, capsys):
    verb(raiser(KeyboardInterrupt()))
    assert cli.main(["try-it"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_verb_may_return_its_exit_code(verb):
    verb(lambda: 3)
    assert cli.main(["try-it"]) == 3
    verb(lambda: None)
    assert cli.main(["try-it"]) == 0


def test_help_lists_verbs_and_examples(verb, capsys):
    verb(lambda: None)
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "completion" in out and "try-it" in out and "Examples:" in out
    assert "_text" not in out and "__main__" not in out
    assert cli.main(["try-it", "--help", "--lang=zh"]) == 0
    out = capsys.readouterr().out
    assert "用法：" in out and "试试" in out


@pytest.mark.parametrize(("missing", "code"), [("amqtt.broker", 3), ("yigan.gone", 1)])
def test_a_verb_that_cannot_be_imported_spoils_no_other(capsys, monkeypatch, missing, code):
    def load(name):
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr(cli.importlib, "import_module", load)
    assert cli.main(["--help"]) == 0
    assert "not usable here" in capsys.readouterr().out
    assert cli.main(["completion", "bash", "--any"]) == code
    assert missing.partition(".")[0] in capsys.readouterr().err


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert "0." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["completin"], "Did you mean completion?"),
        (["completion", "--hel"], "Near: --help."),
        (["completion"], "SHELL is missing."),
        (["completion", "tcsh"], "SHELL is one of: bash, zsh, fish."),
        (["--lang", "de"], "--lang is en or zh"),
        (["completion", "bash", "--lang"], "--lang is en or zh"),
        ([], "Usage:"),
    ],
)
def test_usage_errors(capsys, words, text):
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and text in err


def test_language_is_not_taken_behind_two_dashes():
    assert cli.take_language(["a", "--", "--lang", "zh"]) == ["a", "--", "--lang", "zh"]
    assert lang.current() == "en"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(capsys, shell):
    assert cli.main(["completion", shell]) == 0
    assert "_YIGAN_COMPLETE" in capsys.readouterr().out


def test_completion_completes(capsys, monkeypatch):
    monkeypatch.setenv("_YIGAN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "yigan comple")
    monkeypatch.setenv("COMP_CWORD", "1")
    with pytest.raises(SystemExit):
        cli.main([])
    assert "plain,completion" in capsys.readouterr().out
