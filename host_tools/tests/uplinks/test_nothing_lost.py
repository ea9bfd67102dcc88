"""A sample of the story in nothing_lost.py; the whole of it is a command."""

import random
import sys

import pytest
from uplinks.nothing_lost import Story


@pytest.mark.parametrize("version", (4, 5))
def test_every_record_arrives_or_its_loss_is_told(tmp_path, version):
    seed = random.randrange(1 << 30)
    story = Story(2000, 8, seed, tmp_path, version=version)
    result = story.judge(story.play())
    sys.stdout.write(f"seed {seed}: {result}\n")
    assert (result.unexplained, result.wrong, result.changed, result.out_of_order) == (0, 0, 0, 0)
    assert result.put > 1900 and result.unprinted <= sum(kind == "power" for _, kind in story.plan)
    assert result.told_lost == 0 or any(kind == "power" for _, kind in story.plan)


def test_qos_2_in_a_kept_session(tmp_path):
    """Numbers that a pole forgot, by a power cut or a broken connection, are heard all the same."""
    seed = random.randrange(1 << 30)
    story = Story(800, 6, seed, tmp_path, qos=2, clean=False)
    result = story.judge(story.play())
    sys.stdout.write(f"seed {seed}: {result}\n")
    assert (result.unexplained, result.wrong, result.changed) == (0, 0, 0)
