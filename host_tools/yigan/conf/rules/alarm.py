"""Alarms: each about a point that this pole has, with limits that the point can reach and leave."""

from yigan.conf import alarm
from yigan.conf.plan import Plan


def rule(plan: Plan) -> None:
    alarm.read(plan)
