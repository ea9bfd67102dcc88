"""What can go wrong while flashing, each in a sentence that says what to do."""

from yigan import boards
from yigan.errors import DeviceError, LinkError, Refused, VerifyError, YiganError
from yigan.lang import t


def explain(event: dict, port: str, board: str = "", wanted: str = "") -> YiganError:
    """The error of a worker's last event. `wanted` is the chip that the image is for."""
    kind, detail = event["error"], event.get("text", "")
    make = {
        "wrong chip": lambda: wrong_chip(event["chip"], wanted, port),
        "no answer": lambda: no_answer(port, board, detail),
        "port": lambda: LinkError(t("The port does not open: {e}.", "端口打不开：{e}。", e=_line(detail)), port),
        "too big": lambda: _too_big(event, port, detail),
        "mismatch": lambda: mismatch(port),
        "locked": lambda: _locked(port, detail),
        "revision": lambda: Refused(
            t("The image wants another revision of the chip: {e}", "镜像要求其他芯片版本：{e}", e=_line(detail)), port),
    }.get(kind)  # fmt: skip
    return make() if make else lost(port, event.get("during", ""), detail)


def _line(detail: str) -> str:
    lines = [line.strip() for line in detail.splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else ""


def wrong_chip(chip: str, wanted: str, where: str) -> Refused:
    """Nothing was written."""
    return Refused(
        t("This board is a {c}, the image is for {w}. Nothing was written.",
          "该板芯片是 {c}，镜像适用于 {w}。未写入任何内容。", c=chip, w=wanted),
        where,
        t("Take an image for {c}: yigan images list", "请选择适用于 {c} 的镜像：yigan images list", c=chip),
    )  # fmt: skip


def no_image(chip: str, where: str) -> Refused:
    return Refused(
        t("There is no image for a {c} in the store. Nothing was written.", "镜像库中没有适用于 {c} 的镜像。未写入任何内容。", c=chip),
        where,
        t("Add one: yigan images add FILE", "请先添加：yigan images add 文件"),
    )


def no_answer(port: str, board: str = "", detail: str = "") -> LinkError:
    """The loader does not speak."""
    enter = str(boards.load(board).flashing.enter) if board else ""
    enter = enter or t("Hold BOOT, tap RESET (EN), release BOOT, and run it again.", "按住 BOOT，点按 RESET（EN），松开 BOOT，然后重新运行。")
    if "Wrong boot mode" in detail:
        return LinkError(t("The board starts its program and not its loader.", "板子启动了程序，没有进入下载模式。"), port, enter)
    if "TX path" in detail:
        return LinkError(
            t("The board is in its loader, but does not hear us.", "板子已进入下载模式，但收不到数据。"),
            port,
            t("Look at the wire from our TX to its RX.", "请检查本机 TX 到板子 RX 的连线。"),
        )
    if "socket" in port or "Could not" in detail:
        enter = t("This way has no reset lines: {e}", "此连接没有复位线：{e}", e=enter)
    return LinkError(t("The chip's loader does not answer.", "芯片下载程序没有应答。"), port, enter)


def lost(port: str, during: str, detail: str) -> LinkError:
    """In the middle: the chip is half written."""
    hint = t("Was the cable pulled, or the supply too weak? Plug it in and run it again: it starts over, nothing is broken for good.",
             "线缆被拔出或供电不足？请重新插好后再次运行，会从头写入，板子不会损坏。")  # fmt: skip
    stage = {"write": t("while writing", "写入时"), "backup": t("while reading the backup", "读取备份时"),
             "verify": t("while verifying", "校验时"), "erase": t("while erasing", "擦除时")}.get(during, "")  # fmt: skip
    return LinkError(
        t("The connection broke {s}: {e}.", "{s}连接中断：{e}。", s=stage, e=_line(detail)).replace(" :", ":"), port, hint
    )


def mismatch(where: str) -> VerifyError:
    return VerifyError(
        t("What was written does not read back the same.", "写入内容与读回内容不一致。"),
        where,
        t("Run it again; if it stays so, the flash chip or its supply is bad.", "请重试；若仍然如此，可能是闪存或供电有问题。"),
    )


def _too_big(event: dict, port: str, detail: str) -> Refused:
    room = event.get("room", 0) >> 20
    what = (
        t("The image does not fit: the flash has {r} MB. Nothing was written.", "镜像放不下：闪存只有 {r} MB。未写入任何内容。", r=room)
        if room
        else t("The image does not fit: {e}.", "镜像放不下：{e}。", e=_line(detail))
    )
    return Refused(what, port, t("Take a build for smaller flash.", "请选择适合小容量闪存的版本。"))


def _locked(port: str, detail: str) -> DeviceError:
    return DeviceError(
        t("The chip is locked (secure boot or flash encryption): {e}.", "芯片已锁定（安全启动或闪存加密）：{e}。", e=_line(detail)),
        port,
        t("It takes only what its owner signed. yigan does not force it.", "它只接受其所有者签名的内容，yigan 不会强制写入。"),
    )
