"""The budget adds up and moves the right way."""

from checkout import GOOD

from yigan import bundle, conf
from yigan.bundle import budget


def estimate(path):
    return budget.estimate(conf.plan(conf.load(path)))


def test_rows_name_modules_and_add_up(write):
    found = estimate(write(GOOD))
    names = dict(found.ram)
    assert {"pole.app", "pole.store", "pole.drivers.dust", "asyncio", "points", "Wi-Fi"} <= set(
        names
    )  # linked or not
    assert "main" not in names and "TLS" not in names
    assert found.ram_used == sum(names.values()) < found.ram_size
    assert found.flash_used == sum(size for _, size in found.flash) < found.flash_size
    assert all(size % 4096 == 0 for _, size in found.flash)


def test_tls_costs_what_tls_costs(write):
    plain = estimate(write(GOOD)).ram_used
    tls = estimate(write(GOOD.replace('"broker.example"', '"broker.example"\ntls = true'))).ram_used
    assert tls - plain >= 30_000


def test_every_byte_of_a_linked_module_is_somebody_s(write):
    config = conf.compile(conf.load(write(GOOD)))
    files = bundle.slot_files(config["config.json"], config["points.bin"], "xtensawin")
    shares = bundle.shares(config["config.json"], "xtensawin")
    assert {name: sum(members.values()) for name, members in shares.items()} == {
        name: len(data) for name, data in files.items() if name.endswith(".mpy")
    }
    assert len(shares["pole/app.mpy"]) > 5 and min(shares["pole/app.mpy"].values()) > 0
