"""English or Chinese, chosen once: `--lang`, then YIGAN_LANG, then the locale.

Both texts stand side by side where they are used, so neither can be forgotten:
`t("Port {p} is busy.", "端口 {p} 被占用。", p=port)`.
"""

import os

_chosen: str | None = None


def choose(language: str | None) -> None:
    """Fix the language for this process: "en", "zh", or None for what the environment says."""
    global _chosen
    _chosen = language


def current() -> str:
    """"zh" or "en"."""
    if _chosen:
        return _chosen
    for variable in ("YIGAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def t(en: str, zh: str, **values: object) -> str:
    """The text in the chosen language, with `{name}` filled from `values`."""
    text = zh if current() == "zh" else en
    return text.format(**values) if values else text
