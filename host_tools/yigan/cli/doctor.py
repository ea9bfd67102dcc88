"""`yigan doctor`: is this machine ready, and how to get what is missing."""

import json
from dataclasses import asdict

import click

from yigan import doctor
from yigan.cli import _text
from yigan.lang import t

_MARKS = {"ok": ("✔", "green"), "note": ("•", "yellow"), "missing": ("✘", "red")}
NOT_READY = 3  # as a configuration that a person has to mend


@click.command(
    cls=_text.Command,
    help=t(
        "Look at this machine: Python, the MicroPython VM, tools, serial ports and their permissions. "
        "Exit code 0 when all that is needed is there, else 3.",
        "检查本机：Python、MicroPython 虚拟机、工具、串口及权限。所需齐全时退出码为 0，否则为 3。",
    ),
)
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def command(as_json: bool) -> int:
    findings = doctor.look()
    ready = doctor.ready(findings)
    if as_json:
        rows = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"ready": ready, "findings": rows}, ensure_ascii=False, indent=2))
        return 0 if ready else NOT_READY
    for finding in findings:
        _show(finding)
    click.echo(
        t("This machine is ready.", "本机已就绪。")
        if ready
        else t("Something that is needed is missing.", "缺少必需的内容。")
    )
    return 0 if ready else NOT_READY


def _show(finding: doctor.Finding) -> None:
    mark, colour = _MARKS[finding.state]
    click.echo(f"{click.style(mark, fg=colour)} {finding.name}: {finding.what}")
    if finding.hint:
        click.echo(f"    {finding.hint}")
