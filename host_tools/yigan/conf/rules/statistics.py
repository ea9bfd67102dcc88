"""Statistics: of points that this pole has and that have a mean, over periods that there are."""

from yigan.conf import statistics
from yigan.conf.plan import Plan


def rule(plan: Plan) -> None:
    statistics.judge(plan)
