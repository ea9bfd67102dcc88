"""The file that says what a board becomes: a pole file, or the bundle that was built of one."""

import json
from pathlib import Path

import click

from yigan import bundle, conf
from yigan.bundle import Bundle
from yigan.conf import Pole
from yigan.errors import Refused
from yigan.lang import t


def bundle_of(file: Path) -> tuple[Pole | None, Bundle]:
    """The pole (None for a bundle) and the bundle; warnings go to standard error. ConfigError, VerifyError, Refused."""
    if file.suffix == ".bundle":
        return None, _for_a_board(bundle.read(file), file)
    pole = conf.load(file)
    for finding in conf.check(pole):
        click.echo(f"{finding.place}{t(': warning: ', '：警告：')}{finding.what}", err=True)
    return pole, _for_a_board(bundle.build(pole), file)


def _for_a_board(made: Bundle, file: Path) -> Bundle:
    config = json.loads(made.files["config.json"])
    if config.get("port") != "linux":
        return made
    raise Refused(
        t(
            "{b} runs Linux: there is no board to put a bundle on.",
            "{b} 运行 Linux，无法经串口部署。",
            b=config.get("board"),
        ),
        str(file),
        t(
            "`yigan flash --root FOLDER BUNDLE` installs its bundle.",
            "请用 `yigan flash --root 目录 固件包` 安装。",
        ),
    )
