"""What goes wrong on a bench, in plain words."""

from yigan.errors import LinkError, Refused
from yigan.lang import t
from yigan.link.ports import Identity


def pulled(port: str) -> LinkError:
    return LinkError(
        t("The cable was pulled, and the board did not come back.", "线缆被拔出，板子没有重新出现。"),
        port,
        t("Plug it in again: it goes on by itself.", "请重新插上，会自动继续。"),
    )


def two(uid: str, port: str) -> Refused:
    return Refused(
        t("Two boards say they are {u}; the other is at {p}. This one was not touched.",
          "有两块板的编号都是 {u}；另一块在 {p}。本板未被改动。", u=uid, p=port),
        hint=t(
            "One board with two cables? Leave one in. Else its chip is a copy: do not use it.",
            "若是同一块板插了两根线，请只留一根；否则芯片编号被复制，请勿使用。",
        ),
    )  # fmt: skip


def not_a_board(who: Identity) -> str:
    return {
        "garbage": t("It talks, but says nothing we understand.", "有输出，但无法识别。"),
        "loader": t(
            "There is no MicroPython on it, and its loader does not answer.",
            "没有 MicroPython，下载程序也没有应答。",
        ),
        "silent": t("Nothing answers on this port.", "该端口没有任何应答。"),
        "busy": t("Another program holds the port.", "端口被其他程序占用。"),
        "forbidden": t("You may not use this port.", "没有使用该端口的权限。"),
        "gone": t("The port went while we asked.", "询问时端口断开。"),
    }.get(who.kind, t("The board does not say which one it is.", "板子没有报告自己的编号。"))
