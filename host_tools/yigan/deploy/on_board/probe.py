# What this board is, as one line of JSON. Runs on any MicroPython since 1.13: it must be able to say "too old".
import gc
import json
import os
import sys

gc.collect()
facts = {
    "name": sys.implementation[0],
    "version": list(sys.implementation[1])[:3],
    "mpy": getattr(sys.implementation, "_mpy", 0),
    "machine": getattr(sys.implementation, "_machine", ""),
    "platform": sys.platform,
    "maxsize": sys.maxsize,
    "free": gc.mem_free(),
    "root": [],
}
try:
    import deflate  # noqa: F401

    facts["deflate"] = True
except ImportError:
    pass
try:
    import machine

    facts["uid"] = "".join("%02x" % b for b in machine.unique_id())
except (ImportError, AttributeError):
    pass
try:
    status = os.statvfs("/")
    facts["block"], facts["blocks"], facts["vacant"] = status[0], status[2], status[3]
    facts["root"] = sorted(os.listdir("/"))
except OSError:
    pass
for path in ("/boot.rec", "/a/manifest", "/b/manifest"):
    try:
        with open(path) as file:
            facts[path] = file.readline().strip()
    except (OSError, ValueError):
        pass
try:
    import hashlib

    with open("/boot.py", "rb") as file:
        facts["boot"] = "".join("%02x" % b for b in hashlib.sha256(file.read()).digest())
except (OSError, ImportError, AttributeError):
    pass
facts = json.dumps(facts)
print(facts)
