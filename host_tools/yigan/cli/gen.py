"""`yigan gen`: write what follows from the point table, the cards and the boards."""

import click

from yigan import places, render
from yigan.cli import _text
from yigan.errors import VerifyError
from yigan.lang import t

_EXAMPLES = (
    ("yigan gen", "After a change of points.toml, a card or a board", "修改 points.toml、卡片或板型之后"),
    ("yigan gen --check", "Is everything up to date?", "检查生成文件是否最新"),
)


@click.command(
    cls=_text.Command,
    help=t("Write the point lock and docs/generated.", "生成测点锁文件与 docs/generated。"),
    examples=_EXAMPLES,
)
@click.option(
    "--check", is_flag=True, help=t("Change nothing; fail if something is out of date.", "只检查，不写入。")
)
def command(check: bool) -> None:
    if check:
        _check()
        return
    written = render.write()
    for path in written:
        click.echo(places.shown(path))
    click.echo(t("{n} files written.", "已写入 {n} 个文件。", n=len(written)))


def _check() -> None:
    stale = sorted(places.shown(p) for p in render.stale())
    if stale:
        what = t("{n} generated files are out of date: {f}.", "{n} 个生成文件已过期：{f}。", n=len(stale),
                 f=", ".join(stale[:5]) + (" ..." if stale[5:] else ""))  # fmt: skip
        raise VerifyError(what, hint=t("Run `yigan gen` and commit.", "请运行 `yigan gen` 并提交。"))
    click.echo(t("Generated files are up to date.", "生成文件均为最新。"))
