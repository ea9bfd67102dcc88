"""`yigan images`: the MicroPython images that this laptop carries."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from yigan.cli import _text
from yigan.errors import VerifyError
from yigan.images import store
from yigan.images.store import Image
from yigan.lang import t


@click.group(
    cls=_text.Group,
    help=t("MicroPython images, kept here for flashing without network.", "保存在本机的 MicroPython 镜像，无网络时也可烧录。"),
)
def command() -> None: ...


@command.command(
    "add",
    cls=_text.Command,
    help=t("Check image files and keep a copy of each.", "检查镜像文件并各存一份。"),
    examples=(
        ("yigan images add ESP32_GENERIC-20250911-v1.26.1.bin", "A file from the download page", "下载页上的文件"),
        ("yigan images add /media/usb/*.uf2", "Several at once", "一次添加多个"),
    ),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def add(files: tuple[Path, ...], as_json: bool) -> None:
    rows = [store.add(file) for file in files]
    if as_json:
        _json([{**image.as_dict(), "new": new} for image, new in rows])
        return
    for image, new in rows:
        said = t("added", "已添加") if new else t("was there already", "已存在")
        click.echo(f"{image.name}  {image.facts.chip}  {image.sha256[:12]}  {said}")


@command.command("list", cls=_text.Command, help=t("Which images are here.", "列出本机的镜像。"))
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def list_(as_json: bool) -> None:
    images = store.every()
    if as_json:
        _json([image.as_dict() for image in images])
    elif images:
        _table(images)
    else:
        click.echo(t("There is no image yet.", "还没有镜像。") + " " + store.nothing_hint())


@command.command(
    "verify", cls=_text.Command,
    help=t("Read every image again: is it still what was added?", "重新读取所有镜像，检查是否与添加时一致。"),
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def verify(as_json: bool) -> None:
    rows = store.verify()
    if as_json:
        _json([{**image.as_dict(), "ok": not wrong, "wrong": wrong} for image, wrong in rows])
    else:
        for image, wrong in rows:
            mark = click.style("✘", fg="red") if wrong else click.style("✔", fg="green")
            click.echo(f"{mark} {image.name}  {image.sha256[:12]}  {wrong}".rstrip())
    bad = [image.name for image, wrong in rows if wrong]
    if bad:
        raise VerifyError(
            t("{n} of {m} images are not what was added: {l}.", "{m} 个镜像中有 {n} 个与添加时不一致：{l}。",
              n=len(bad), m=len(rows), l=", ".join(bad)),
            hint=t("Remove them and add them again.", "请删除后重新添加。"),
        )  # fmt: skip


@command.command("remove", cls=_text.Command, help=t("Take an image away.", "删除一个镜像。"))
@click.argument("name", metavar="NAME|SHA256")
def remove(name: str) -> None:
    image = store.remove(name)
    click.echo(t("{n} is gone.", "{n} 已删除。", n=image.name))


def _json(rows: list[dict]) -> None:
    click.echo(json.dumps(rows, ensure_ascii=False, indent=2))


def _table(images: list[Image]) -> None:
    table = Table(box=None, pad_edge=False)
    heads = (("name", "名称"), ("chip", "芯片"), ("MicroPython", "MicroPython"), ("size", "大小"), ("SHA-256", "SHA-256"))
    for head in heads:
        table.add_column(t(*head))
    for image in images:
        size = f"{image.size / 1024:.0f} KB"
        table.add_row(image.name, image.facts.chip, image.facts.version, size, image.sha256[:12])
    Console().print(table)
