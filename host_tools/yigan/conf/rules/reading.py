"""What is done to readings: calibrations that mean something and are not overdue, plausibility rules that can hold."""

from yigan.conf import calibration, plausibility
from yigan.conf.plan import Plan


def rule(plan: Plan) -> None:
    calibration.warn(plan)
    plausibility.read(plan)
