"""`python KIT.zip [FOLDER]`: yigan on a laptop that has Python and no network; then the kit's images and bundles."""

import hashlib
import io
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

KIT = Path(sys.argv[0]).resolve()


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else KIT.stem).resolve()
    with zipfile.ZipFile(KIT) as archive:
        about = json.loads(archive.read("kit.json"))
        damaged = [n for n, (digest, _) in about["files"].items() if hashlib.sha256(archive.read(n)).hexdigest() != digest]
        if damaged:
            print("This kit is damaged / 工具包已损坏:", ", ".join(damaged), file=sys.stderr)
            return 6
        folder.mkdir(parents=True, exist_ok=True)
        for name in about["files"]:
            if name.startswith("tools/"):
                archive.extract(name, folder)
        with zipfile.ZipFile(io.BytesIO(archive.read("source.zip"))) as source:
            source.extractall(folder / "yigan")
    here = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if not about["platform"].startswith(here + "-"):
        print(f"note: the tools are for {about['platform']}, this is {here} / 注意：工具适用于 {about['platform']}", file=sys.stderr)
    return install(folder)


def install(folder: Path) -> int:
    """A virtual environment beside the sources, and a `yigan` in it."""
    venv.create(folder / "venv", with_pip=True)
    scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    tools = sorted(str(path) for path in (folder / "tools").glob("*.whl"))
    if tools:
        words = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", *tools]
        done = subprocess.run(list(map(str, words)), check=False)
        if done.returncode:
            return done.returncode
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=True).stdout.strip())
    (site / "yigan.pth").write_text(str(folder / "yigan" / "host_tools") + "\n", encoding="utf-8")
    if os.name == "nt":
        (scripts / "yigan.cmd").write_text(f'@"{python}" -m yigan.cli %*\n', encoding="utf-8")
    else:
        script = scripts / "yigan"
        script.write_text(f'#!/bin/sh\nexec "{python}" -m yigan.cli "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    done = subprocess.run([str(python), "-m", "yigan.cli", "kit", "open", str(KIT), str(folder)], check=False)
    print(f"yigan: {scripts / 'yigan'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
