"""The budget adds up and moves the right way."""

from checkout import GOOD

from yigan import conf
from yigan.bundle import budget


def estimate(path):
    return budget.estimate(conf.plan(conf.load(path)))


def test_rows_name_modules_and_add_up(write):
    found = estimate(write(GOOD))
    names = dict(found.ram)
    assert {"pole.app", "pole.drivers.dust", "asyncio", "points", "Wi-Fi"} <= set(names)
    assert "main" not in names and "TLS" not in names
    assert found.ram_used == sum(names.values()) < found.ram_size
    assert found.flash_used == sum(size for _, size in found.flash) < found.flash_size
    assert all(size % 4096 == 0 for _, size in found.flash)


def test_tls_costs_what_tls_costs(write):
    plain = estimate(write(GOOD)).ram_used
    tls = estimate(write(GOOD.replace('"broker.example"', '"broker.example"\ntls = true'))).ram_used
    assert tls - plain >= 30_000
