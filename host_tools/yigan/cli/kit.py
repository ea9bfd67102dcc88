"""`yigan kit`: everything for a site in one file."""

import json
from pathlib import Path

import click

from yigan import kit as kits
from yigan.cli import _text
from yigan.images import store
from yigan.kit import Kit
from yigan.lang import t


@click.group(
    cls=_text.Group,
    help=t("Images, bundles and tools in one file, for a laptop without network.", "把镜像、固件包和工具打成一个文件，供无网络的电脑使用。"),
)
def command() -> None: ...


@command.command(
    "make",
    cls=_text.Command,
    help=t("Pack a kit. POLE: pole files or bundles.", "制作工具包。POLE 为灯杆配置文件或固件包。"),
    examples=(
        ("yigan kit make site.zip poles/*.toml", "All images of the store, the bundles of these poles, the tools", "镜像库全部镜像、这些灯杆的固件包及工具"),
        ("yigan kit make small.zip --image ESP32_GENERIC --no-tools", "One image and nothing else", "只含一个镜像"),
    ),
)
@click.argument("file", metavar="KIT.zip", type=click.Path(path_type=Path))
@click.argument("poles", nargs=-1, metavar="[POLE...]", type=click.Path(path_type=Path))
@click.option("--image", "names", multiple=True, metavar="NAME", help=t("Only this image (may be repeated).", "只含该镜像（可重复）。"))
@click.option("--no-tools", is_flag=True, help=t("Without yigan itself and what it needs.", "不含 yigan 及其依赖。"))
@click.option("--online", is_flag=True, help=t("Fetch the tools with pip instead of taking those of this machine.", "用 pip 下载工具，而不是取自本机。"))
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def make(file, poles, names, no_tools, online, as_json) -> None:
    images = [store.find(name) for name in names] if names else None
    made = kits.make(file, list(poles), images=images, tools=not no_tools, online=online)
    if as_json:
        _json(made)
        return
    _show(made)
    if made.about["missing"]:
        lacking = ", ".join(made.about["missing"])
        text = t("warning: not to be had without network: {l} (--online fetches them)", "警告：离线无法取得：{l}（可用 --online 下载）", l=lacking)
        click.echo(text, err=True)


@command.command("verify", cls=_text.Command, help=t("Is every byte of a kit as it was packed?", "检查工具包是否完整。"))
@click.argument("file", metavar="KIT.zip", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def verify(file: Path, as_json: bool) -> None:
    found = kits.verify(file)
    if as_json:
        _json(found)
    else:
        _show(found)
        click.echo(t("It is whole.", "工具包完整。"))


@command.command(
    "open", cls=_text.Command,
    help=t("Put its images into the store and the rest into FOLDER.", "把镜像放入镜像库，其余解到 FOLDER。"),
)  # fmt: skip
@click.argument("file", metavar="KIT.zip", type=click.Path(path_type=Path))
@click.argument("folder", required=False, metavar="[FOLDER]", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def open_(file: Path, folder: Path | None, as_json: bool) -> None:
    folder = folder or Path(file.stem)
    opened, images = kits.unpack(file, folder)
    if as_json:
        _json(opened)
        return
    _show(opened)
    click.echo(t("{n} images are in the store, the rest is in {f}.", "{n} 个镜像已放入镜像库，其余在 {f}。", n=len(images), f=folder))


def _json(found: Kit) -> None:
    click.echo(json.dumps({"path": str(found.path), **found.about}, ensure_ascii=False, indent=2))


def _show(found: Kit) -> None:
    about = found.about
    for image in about["images"]:
        click.echo(t("image   {n}  {s}", "镜像    {n}  {s}", n=image["name"], s=image["sha256"][:12]))
    for row in about["bundles"]:
        click.echo(t("bundle  {p}  {v}  {h}", "固件包  {p}  {v}  {h}", p=row["pole"], v=row["version"], h=row["hash"]))
    if about["tools"]:
        click.echo(t("tools   {n} wheels for {p}", "工具    {n} 个 wheel，适用于 {p}", n=len(about["tools"]), p=about["platform"]))
