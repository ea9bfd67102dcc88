"""What somebody may have meant: the hint under every unknown name."""

from collections.abc import Iterable
from difflib import get_close_matches

from yigan.lang import t


def hint(word: str, known: Iterable[str]) -> str:
    """ "Did you mean ...?" with at most three near names, else the whole list."""
    names = sorted(known)
    found = get_close_matches(word, names, n=3, cutoff=0.5)
    if found:
        return t("Did you mean {names}?", "是否想写 {names}？", names=", ".join(found))
    if not names:
        return t("There is none yet.", "目前还没有。")
    return t("Known: {names}.", "可用：{names}。", names=", ".join(names))
