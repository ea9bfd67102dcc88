"""Ten poles of `python -m benchmarks.street`, each a VM with the whole application, on one mosquitto."""

import shutil

import pytest

from benchmarks import street
from yigan import vm
from yigan.errors import LinkError


def test_ten_poles_report_and_obey():
    try:
        vm.find()
    except LinkError as error:
        pytest.skip(str(error))
    if not shutil.which(
        "mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin"
    ):
        pytest.skip("mosquitto is not installed (apt-get install mosquitto)")
    found = street.measured(10, 2)
    assert found["reporting"] == 10
    assert found["CPU of a pole, % of a core"] < 5
    assert found["memory of a pole, KB"] < 16384
    assert found["heap in use of a pole, KB"] < 176
