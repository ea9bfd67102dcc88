"""A value that is measured seldom, as the pole file says, is not stale before the next one."""

import pytest

from yigan import conf
from yigan.conf import resolve

HEAD = """id = "p"
board = "esp32s3-pole"
[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"
"""


@pytest.mark.parametrize(
    ("part", "name", "ttl_s"),
    [
        ('kind = "sht3x"\nbus = "i2c0"\n', "air.temperature", 180),
        ('kind = "sht3x"\nbus = "i2c0"\nperiod_s = 60\n', "air.temperature", 180),
        ('kind = "sht3x"\nbus = "i2c0"\nperiod_s = 600\n', "air.temperature", 1230),
        ('kind = "sht3x"\nbus = "i2c0"\nplace = "cabinet"\nperiod_s = 600\n', "node.temperature", 1230),
        ('kind = "sds011"\nbus = "uart1"\n', "air.pm2_5", 180),
        ('kind = "sds011"\nbus = "uart1"\ncycle_min = 2\n', "air.pm2_5", 270),
        ('kind = "sds011"\nbus = "uart1"\ncycle_min = 30\n', "air.pm2_5", 3630),
        (
            'kind = "sds011"\nbus = "uart1"\ncycle_min = 30\n[point."air.pm2_5"]\nttl_s = 99\n',
            "air.pm2_5",
            99,
        ),
    ],
)
def test_time_to_live(tmp_path, part, name, ttl_s):
    path = tmp_path / "p.toml"
    path.write_text(HEAD + "[[peripheral]]\n" + part, encoding="utf-8")
    plan = resolve.resolve(conf.load(path))
    assert {p.name: p.ttl_s for p in plan.rows}[name] == ttl_s
